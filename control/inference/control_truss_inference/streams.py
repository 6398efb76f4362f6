"""Streams of the model's generators.

A generator runs ahead of its client into a queue: a slow reader must not keep a place in the
concurrency limit. It ends early only when the client is gone.
"""

from __future__ import annotations

import asyncio
import collections.abc
import threading
from typing import Any, AsyncIterator, Callable

from .exceptions import UserCodeError
from .user_code import UserCode, user_error

_END = object()


def is_stream(value: Any) -> bool:
    return isinstance(value, (collections.abc.Iterator, collections.abc.AsyncIterator))


class Stream:
    """What one generator yields, as bytes. `on_end` runs once, when the generator has ended."""

    def __init__(
        self,
        source: Any,
        user_code: UserCode,
        on_end: Callable[[], None],
        silence_limit: float,
    ) -> None:
        self._source = source
        self._user_code = user_code
        self._silence_limit = silence_limit
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._stopped = threading.Event()
        is_async = isinstance(source, collections.abc.AsyncIterator)
        self._producer = asyncio.ensure_future(
            self._produce_async() if is_async else self._produce_in_thread()
        )
        self._is_async = is_async
        self._producer.add_done_callback(lambda _: on_end())

    def close(self) -> None:
        """Stops the generator: at once when asynchronous, else after the item it is making."""
        self._stopped.set()
        if self._is_async:
            self._producer.cancel()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The chunks. Raises UserCodeError for what the generator raised, or for its silence."""
        while True:
            item = await self._next()
            if item is _END:
                return
            if isinstance(item, BaseException):
                raise item
            yield _encode(item)

    async def _next(self) -> Any:
        if not self._queue.empty():
            return self._queue.get_nowait()
        try:
            return await asyncio.wait_for(self._queue.get(), self._silence_limit)
        except asyncio.TimeoutError:
            limit = f"runtime.streaming_read_timeout ({self._silence_limit:g} s)"
            raise UserCodeError(
                TimeoutError(f"The stream was silent for longer than {limit}.")
            ) from None

    async def _produce_async(self) -> None:
        try:
            async for item in self._source:
                self._queue.put_nowait(item)
        except asyncio.CancelledError:
            raise
        except BaseException as exc:
            self._queue.put_nowait(user_error(exc))
        else:
            self._queue.put_nowait(_END)
        finally:
            close = getattr(self._source, "aclose", None)
            if close is not None:
                await close()

    async def _produce_in_thread(self) -> None:
        loop = asyncio.get_running_loop()

        def put(item: Any) -> None:
            loop.call_soon_threadsafe(self._queue.put_nowait, item)

        await self._user_code.in_thread(self._drive, put)

    def _drive(self, put: Callable[[Any], None]) -> None:
        """One thread drives the whole generator: what it opens may be bound to its thread."""
        try:
            for item in self._source:
                if self._stopped.is_set():
                    break
                put(item)
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
        except BaseException as exc:
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
