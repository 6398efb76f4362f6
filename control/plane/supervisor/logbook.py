"""The inference server's output: on disk, bounded; echoed; followed by whoever asks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

ROTATE_AT = 10 * 1024 * 1024
# A follower this many chunks behind does not read; it loses lines rather than costing memory.
FOLLOWER_LIMIT = 1000
_BLOCK = 64 * 1024


class LogBook:
    """One file plus one older one. Written by threads, followed on the event loop."""

    def __init__(self, path: Path, echo: BinaryIO | None = sys.stdout.buffer) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._older = path.with_suffix(path.suffix + ".1")
        self._file = path.open("ab", buffering=0)
        self._echo = echo
        self._mutex = threading.Lock()
        self._followers: set[asyncio.Queue[bytes | None]] = set()
        self._ended = False
        self._loop = asyncio.get_running_loop()

    def pump(self, descriptor: int) -> threading.Thread:
        """Copies everything from the pipe `descriptor` until its last writer is gone."""
        thread = threading.Thread(target=self._pump, args=(descriptor,), daemon=True)
        thread.start()
        return thread

    def note(self, line: str) -> None:
        """Adds one line of our own, from a thread: whoever reads our stdout may be slow."""
        self._loop.run_in_executor(None, self._append, line.encode() + b"\n")

    @contextlib.contextmanager
    def holding(self, logger: logging.Logger) -> Iterator[None]:
        """Adds what `logger` tells: who is sent here for the place of a fault finds it."""
        handler = _Copies(self)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)

    def tail(self, lines: int) -> bytes:
        """The last `lines` lines. Reads the disk: use a thread."""
        if lines <= 0:
            return b""
        # Not during a rotation, when there is no file for an instant.
        with self._mutex:
            text = self._read_from_end(self._path, lines)
            missing = lines - text.count(b"\n")
            if missing > 0 and self._older.exists():
                text = self._read_from_end(self._older, missing) + text
        return b"".join(text.splitlines(keepends=True)[-lines:])

    def add_copy(self, text: str) -> None:
        """Adds what our own output has already."""
        self._append(text.encode("utf-8", "replace") + b"\n", is_echoed=True)

    @contextlib.contextmanager
    def following(self) -> Iterator[AsyncIterator[bytes]]:
        """Everything written from now on, until `end_followers`."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(FOLLOWER_LIMIT)
        # Not in the generator: that begins to run only when its first item is asked for, and
        # never ends where its reader leaves before.
        self._followers.add(queue)
        if self._ended:
            queue.put_nowait(None)
        try:
            yield _chunks(queue)
        finally:
            self._followers.discard(queue)

    def close(self) -> None:
        """Ends every follower and closes the file; what is printed later is only echoed."""
        self.end_followers()
        with self._mutex:
            self._file.close()

    def end_followers(self) -> None:
        """Ends every follower, present and future, so that their connections end."""
        self._ended = True
        for queue in self._followers:
            while queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    def _pump(self, descriptor: int) -> None:
        with contextlib.closing(os.fdopen(descriptor, "rb", buffering=0)) as pipe:
            while chunk := pipe.read(_BLOCK):
                self._append(chunk)

    def _append(self, chunk: bytes, *, is_echoed: bool = False) -> None:
        with self._mutex:
            # A full disk must not stop the model; its output still reaches our own stdout.
            with contextlib.suppress(OSError, ValueError):
                self._rotate_if_full()
                self._file.write(chunk)
            with contextlib.suppress(OSError, ValueError):
                if self._echo is not None and not is_echoed:
                    self._echo.write(chunk)
                    self._echo.flush()
        # The loop is closed once this process shuts down; the last words are on disk.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._publish, chunk)

    def _publish(self, chunk: bytes) -> None:
        for queue in self._followers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(chunk)

    def _rotate_if_full(self) -> None:
        if self._file.tell() < ROTATE_AT:
            return
        self._file.close()
        self._path.replace(self._older)
        self._file = self._path.open("ab", buffering=0)

    @staticmethod
    def _read_from_end(path: Path, lines: int) -> bytes:
        with path.open("rb") as file:
            text, end = b"", file.seek(0, os.SEEK_END)
            for start in _blocks_from_end(end):
                file.seek(start)
                text, end = file.read(end - start) + text, start
                if text.count(b"\n") > lines:
                    break
            return b"".join(text.splitlines(keepends=True)[-lines:])


class _Copies(logging.Handler):
    """Copies what a logger has written to our own output."""

    def __init__(self, book: LogBook) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self._book = book

    def emit(self, record: logging.LogRecord) -> None:
        self._book.add_copy(self.format(record))


async def _chunks(queue: asyncio.Queue[bytes | None]) -> AsyncIterator[bytes]:
    while (chunk := await queue.get()) is not None:
        yield chunk


def _blocks_from_end(size: int) -> Iterator[int]:
    start = size
    while start > 0:
        start = max(0, start - _BLOCK)
        yield start
