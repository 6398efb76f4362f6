"""Lines of a container's output, as an asynchronous iterator over the engine's blocking stream."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from truss_handle.exceptions import HandleError
from truss_handle.runtimes.docker_engine import engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator


async def container_lines(container: str, *, follow: bool, tail: int) -> AsyncIterator[str]:
    """The last `tail` lines, then new ones until the container ends or the caller stops.

    Raises DockerUnavailable, StartFailed for a container that is gone.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | HandleError | None] = asyncio.Queue()
    reader = _Reader(container, lambda item: loop.call_soon_threadsafe(queue.put_nowait, item))
    thread = threading.Thread(target=reader.read, args=(follow, tail), daemon=True)
    thread.start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, HandleError):
                raise item
            yield item
    finally:
        reader.close()


class _Reader:
    """Reads in a thread of its own; `close` from any thread ends a read that waits for output."""

    def __init__(self, container: str, put: Callable[[str | HandleError | None], object]) -> None:
        self._container = container
        self._put = put
        self._closing = threading.Event()
        self._close_stream: Callable[[], object] = lambda: None

    def read(self, follow: bool, tail: int) -> None:
        """Put every line, then None; an exception of ours in place of what it interrupted."""
        try:
            with engine(None) as (client, _):
                stream = client.containers.get(self._container).logs(
                    stream=True, follow=follow, tail=tail
                )
                self._close_stream = stream.close
                # Closed before there was a stream to close?
                if not self._closing.is_set():
                    for line in lines(stream):
                        self._report(line)
            self._report(None)
        except HandleError as error:
            self._report(error)

    def close(self) -> None:
        """End the stream."""
        self._closing.set()
        # The stream may be at its end already, with nothing left to shut down.
        with contextlib.suppress(OSError, AttributeError):
            self._close_stream()

    def _report(self, item: str | HandleError | None) -> None:
        # The event loop may be gone when a reader that nobody listens to ends.
        with contextlib.suppress(RuntimeError):
            self._put(item)


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Text lines without their ends, from chunks cut anywhere."""
    rest = b""
    for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace").rstrip("\r")
