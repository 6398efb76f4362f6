"""Lines of a container's output, as an asynchronous iterator over the engine's blocking stream."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from truss_handle.exceptions import HandleError
from truss_handle.runtimes.docker_engine import end_stream, engine
from truss_handle.runtimes.interrupt import Interrupt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    Item = str | HandleError | None


async def container_lines(container: str, *, follow: bool, tail: int) -> AsyncIterator[str]:
    """The last `tail` lines, then new ones until the container ends or the caller stops.

    Raises DockerUnavailable, StartFailed for a container that is gone.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Item] = asyncio.Queue()

    def put(item: Item) -> None:
        # The loop may be gone when a reader that nobody listens to any more ends.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(queue.put_nowait, item)

    interrupt = Interrupt()
    # A thread of its own: a follower would keep one of the pool's for as long as it listens.
    threading.Thread(
        target=_read, args=(container, follow, tail, put, interrupt), daemon=True
    ).start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, HandleError):
                raise item
            yield item
    finally:
        interrupt.trigger()


def _read(
    container: str, follow: bool, tail: int, put: Callable[[Item], None], interrupt: Interrupt
) -> None:
    """Put every line, then None; an exception of ours in place of what it cut short."""
    try:
        with engine(None) as (client, _):
            stream = client.containers.get(container).logs(stream=True, follow=follow, tail=tail)
            interrupt.ends_by(lambda: end_stream(stream))
            for line in lines(stream):
                put(line)
        put(None)
    except HandleError as error:
        put(error)


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Text lines without their ends, from chunks cut anywhere."""
    rest = b""
    for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace").rstrip("\r")
