"""One attempt to load a release: in a thread of its own, watched by another."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Callable, Iterator

from .loading import LoadedModel, Loader
from .server import prepare_websockets
from .tracebacks import ErrorReport, report

if TYPE_CHECKING:
    from .release import Release


class LoadAttempt:
    """Ends in exactly one call: of `on_loaded` or of `on_failed`, from a thread.

    Neither thread keeps the process alive.
    """

    def __init__(
        self,
        read: Callable[[], Release],
        secrets_dir: Path | None,
        loop: asyncio.AbstractEventLoop,
        on_loaded: Callable[[LoadedModel], None],
        on_failed: Callable[[ErrorReport, BaseException], None],
    ) -> None:
        self._read = read
        self._secrets_dir = secrets_dir
        self._loop = loop
        self._on_loaded = on_loaded
        self._on_failed = on_failed
        self._release: Release | None = None
        self._loader: Loader | None = None
        self._finished = threading.Event()
        self._outcome = threading.Lock()  # taken by whoever decides it
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self, timeout: float | None) -> None:
        """`timeout` in seconds; None waits for ever."""
        self._thread.start()
        if timeout is not None:
            watch = threading.Thread(target=self._watch, args=[timeout], name="load-watch")
            watch.daemon = True
            watch.start()

    def _run(self) -> None:
        try:
            model = self._load()
        except BaseException as exc:  # sys.exit and KeyboardInterrupt in the user's code too
            self._fail(exc)
        else:
            if self._outcome.acquire(blocking=False):
                self._on_loaded(model)
        finally:
            self._finished.set()

    def _load(self) -> LoadedModel:
        self._release = self._read()
        self._loader = Loader(self._release, self._secrets_dir, self._loop)
        model = self._loader.load()
        if model.contract.websocket is not None:
            prepare_websockets()
        return model

    def _watch(self, timeout: float) -> None:
        if self._finished.wait(timeout):
            return
        error = TimeoutError(
            f"load() did not return within {timeout:g} s and was given up at this line. "
            "Look for an endless loop or a slow download, or raise the load timeout "
            "(--load-timeout)."
        )
        self._fail(error.with_traceback(self._position()))

    def _position(self) -> TracebackType | None:
        """Where loading is at work: in its thread, or on the event loop for an async `load`."""
        frames = sys._current_frames()
        stacks = [
            frames.get(self._thread.ident or 0),
            frames.get(threading.main_thread().ident or 0),
        ]
        for stack in stacks:
            if any(self._is_users(frame) for frame in _outwards(stack)):
                return _traceback(stack)
        return _traceback(stacks[0])

    def _is_users(self, frame: FrameType) -> bool:
        root = str(self._release.root) if self._release else "\0"
        return frame.f_code.co_filename.startswith(root)

    def _fail(self, error: BaseException) -> None:
        if not self._outcome.acquire(blocking=False):
            return
        phase = self._loader.phase if self._loader else "load"
        roots = [self._release.root] if self._release else []
        self._on_failed(report(error, phase=phase, roots=roots), error)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _traceback(innermost: FrameType | None) -> TracebackType | None:
    """The stack that ends in `innermost`, as an exception raised there would carry it."""
    result: TracebackType | None = None
    for frame in _outwards(innermost):
        result = TracebackType(result, frame, frame.f_lasti, frame.f_lineno)
    return result
