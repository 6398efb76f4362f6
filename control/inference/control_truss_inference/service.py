"""One serving process: listens at once, loads one release in a thread, drains, ends."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Protocol

from . import process
from .application import Application
from .exceptions import InferenceError
from .loading import LoadedModel, Loader
from .server import Server, prepare_websockets
from .tracebacks import ErrorReport, report

if TYPE_CHECKING:
    import socket

    from .release import Release

logger = logging.getLogger("control_truss")
CLEAN_UP_SECONDS = 3.0  # for the user's exit handlers and threads


class Observer(Protocol):
    """Told what happens, on whatever thread it happens."""

    def booted(self) -> None: ...
    def ready(self, model: LoadedModel) -> None: ...
    def load_failed(self, error: ErrorReport) -> None: ...
    def predict_failed(self, error: ErrorReport) -> None: ...
    def drained(self) -> None: ...


class Service:
    """Runs on the event loop; `load` and `drain` may be called from any thread."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._application = Application(self._predict_failed)
        self._server = Server(self._application, observer.booted)
        self._loop = asyncio.get_running_loop()
        self._status = 0

    async def run(self, listener: socket.socket) -> int:
        """Serves until drained; returns the exit status of the process."""
        await self._server.serve(sockets=[listener])
        process.end_after(CLEAN_UP_SECONDS, self._status)
        if self._status == 0:
            self._observer.drained()
        return self._status

    def load(self, read: Callable[[], Release], secrets_dir: Path | None) -> None:
        """Starts loading in a thread of its own, which never keeps the process alive."""
        arguments = (read, secrets_dir)
        threading.Thread(target=self._load, args=arguments, name="load", daemon=True).start()

    def drain(self, timeout: float) -> None:
        """Finishes the requests at work within `timeout` seconds, then ends."""
        process.end_after(timeout + CLEAN_UP_SECONDS, self._status)  # should the loop be blocked
        self._loop.call_soon_threadsafe(self._server.drain, timeout)

    def _load(self, read: Callable[[], Release], secrets_dir: Path | None) -> None:
        release, loader = None, None
        try:
            release = read()
            loader = Loader(release, secrets_dir, self._loop)
            model = loader.load()
            if model.contract.websocket is not None:
                prepare_websockets()
        except BaseException as exc:  # sys.exit and KeyboardInterrupt in the user's code too
            phase = loader.phase if loader else "load"
            self._failed(report(exc, phase=phase, root=release.root if release else None), exc)
        else:
            self._loop.call_soon_threadsafe(self._serve, model)

    def _serve(self, model: LoadedModel) -> None:
        self._application.serve(model)
        self._observer.ready(model)

    def _failed(self, error: ErrorReport, cause: BaseException) -> None:
        own = isinstance(cause, InferenceError)  # says by itself what is wrong
        logger.error("Loading the model failed.\n%s", error.message if own else error.traceback)
        self._status = 1
        self._observer.load_failed(error)
        self._loop.call_soon_threadsafe(self._server.drain, 0.0)

    def _predict_failed(self, error: ErrorReport) -> None:
        logger.error("The model failed (error %s).\n%s", error.id, error.traceback)
        self._observer.predict_failed(error)
