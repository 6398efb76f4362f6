"""Streams of the model's generators.

A generator runs ahead of its client: a slow reader must not keep a place in the concurrency limit.
It ends early only when the client is gone.
"""

from __future__ import annotations

import asyncio
import collections
import collections.abc
import threading
from typing import Any, AsyncIterator, Callable

from .exceptions import UserCodeError
from .user_code import UserCode, user_error

_END = object()


def is_stream(value: Any) -> bool:
    return isinstance(value, (collections.abc.Iterator, collections.abc.AsyncIterator))


class Mailbox:
    """An unbounded queue with one reader, which runs before the writer goes on.

    asyncio.Queue with a timeout needs several turns of the event loop to hand over an item: with a
    generator that blocks the loop between items, each chunk would be several items late.
    """

    def __init__(self, silence_limit: float) -> None:
        self._items: collections.deque[Any] = collections.deque()
        self._silence_limit = silence_limit
        self._reader: asyncio.Future[None] | None = None

    def put(self, item: Any) -> None:
        self._items.append(item)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> Any:
        """The next item. Raises UserCodeError when none comes within the limit (seconds)."""
        if not self._items:
            await self._arrival()
        return self._items.popleft()

    async def _arrival(self) -> None:
        loop = asyncio.get_running_loop()
        self._reader = loop.create_future()
        timer = loop.call_later(self._silence_limit, self._give_up, self._reader)
        try:
            await self._reader
        finally:
            timer.cancel()

    def _give_up(self, reader: asyncio.Future[None]) -> None:
        if not reader.done():
            limit = f"runtime.streaming_read_timeout ({self._silence_limit:g} s)"
            silent = TimeoutError(f"The stream was silent for longer than {limit}.")
            reader.set_exception(UserCodeError(silent))


class Stream:
    """What one generator yields, as bytes. `on_end` runs once, when the generator has ended."""

    def __init__(
        self,
        source: Any,
        user_code: UserCode,
        on_end: Callable[[], None],
        silence_limit: float,
    ) -> None:
        self.source = source
        self.looping = False  # a thread is in the loop over the source, which refers to it, too
        self._user_code = user_code
        self._mailbox = Mailbox(silence_limit)
        self._stopped = threading.Event()
        self._is_async = isinstance(source, collections.abc.AsyncIterator)
        self._producer = asyncio.ensure_future(
            self._produce() if self._is_async else self._produce_in_thread()
        )
        self._producer.add_done_callback(lambda _: on_end())

    def close(self) -> None:
        """Stops the generator: at once when asynchronous, else after the item it is making."""
        self._stopped.set()
        if self._is_async:
            self._producer.cancel()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The chunks. Raises UserCodeError for what the generator raised, or for its silence."""
        while True:
            item = await self._mailbox.get()
            if item is _END:
                return
            if isinstance(item, Exception):
                raise item
            yield _encode(item)

    async def _produce(self) -> None:
        try:
            async for item in self.source:
                self._mailbox.put(item)
                await asyncio.sleep(0)  # a generator that never waits must let its chunks go
        except BaseException as exc:
            if self._stopped.is_set():
                raise
            self._mailbox.put(user_error(exc))
        else:
            self._mailbox.put(_END)

    async def _produce_in_thread(self) -> None:
        loop = asyncio.get_running_loop()

        def put(item: Any) -> None:
            loop.call_soon_threadsafe(self._mailbox.put, item)

        await self._user_code.in_thread(self.drive, put)

    def drive(self, put: Callable[[Any], None]) -> None:
        """One thread drives the whole generator: what it opens may be bound to its thread."""
        try:
            self.looping = True
            for item in self.source:
                if self._stopped.is_set():
                    break
                put(item)
            self.looping = False
            close = getattr(self.source, "close", None)
            if close is not None:
                close()
        except BaseException as exc:
            self.looping = False
            put(user_error(exc))
        else:
            put(_END)


def _encode(item: Any) -> bytes:
    if isinstance(item, str):
        return item.encode("utf-8")
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    raise UserCodeError(
        TypeError(
            f"A stream consists of str or bytes, but the model yielded {type(item).__name__}."
        )
    )
