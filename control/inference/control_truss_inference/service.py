"""One serving process: listens at once, loads one release in a thread, drains, ends."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Protocol

from . import process
from .application import Application
from .exceptions import InferenceError
from .load_attempt import LoadAttempt
from .loading import LoadedModel
from .server import Server
from .swap.observer import SwapObserver
from .swap.swapper import Swapper
from .tracebacks import ErrorReport

if TYPE_CHECKING:
    import socket

    from .release import Release

logger = logging.getLogger("control_truss")
CLEAN_UP_SECONDS = 3.0  # for the user's exit handlers and threads


class Observer(SwapObserver, Protocol):
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
        self.swapper = Swapper(self._application, observer, self._loop)

    async def run(self, listener: socket.socket) -> int:
        """Serves until drained; returns the exit status of the process."""
        await self._server.serve(sockets=[listener])
        process.end_after(CLEAN_UP_SECONDS, self._status)
        if self._status == 0:
            self._observer.drained()
        return self._status

    def load(
        self,
        read: Callable[[], Release],
        secrets_dir: Path | None,
        timeout: float | None = None,
    ) -> None:
        """Starts loading the release that `read` returns; gives up after `timeout` seconds."""
        loop = self._loop
        attempt = LoadAttempt(read, secrets_dir, loop, self._loaded, self._load_failed)
        attempt.start(timeout)

    def drain(self, timeout: float) -> None:
        """Finishes the requests at work within `timeout` seconds, then ends."""
        process.end_after(timeout + CLEAN_UP_SECONDS, self._status)  # should the loop be blocked
        self._loop.call_soon_threadsafe(self._server.drain, timeout)

    def _loaded(self, model: LoadedModel) -> None:
        self._loop.call_soon_threadsafe(self._serve, model)

    def _serve(self, model: LoadedModel) -> None:
        self._application.serve(model)
        self._observer.ready(model)

    def _load_failed(self, error: ErrorReport, cause: BaseException) -> None:
        own = isinstance(cause, InferenceError)  # says by itself what is wrong
        logger.error("Loading the model failed.\n%s", error.message if own else error.traceback)
        self._status = 1
        self._observer.load_failed(error)
        self.drain(0.0)

    def _predict_failed(self, error: ErrorReport) -> None:
        logger.error("The model failed (error %s).\n%s", error.id, error.traceback)
        self._observer.predict_failed(error)
