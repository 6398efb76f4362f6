"""Calls the user's functions: coroutines on the event loop, everything else in threads."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from .exceptions import UserCodeError
from .framework import header_error, is_http_error

IMMEDIATE = (
    inspect.iscoroutinefunction,
    inspect.isasyncgenfunction,
    inspect.isgeneratorfunction,
)


class UserCode:
    """Runs user functions with `threads` workers for those that block."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="model")

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Returns what the function returns.

        Raises UserCodeError around whatever it raised, except for the HTTPException by which user
        code chooses its own answer.
        """
        if any(check(function) for check in IMMEDIATE):
            value, error = _capture(function, arguments)
        else:
            value, error = await self.in_thread(_capture, function, arguments)
        if error is None and inspect.isawaitable(value):
            return await _await(value)
        if error is not None:
            raise user_error(error)
        return value

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs `function` in a worker thread. It must not raise: capture exceptions instead.

        A thread cannot be cancelled: when the caller is, this waits until the thread is done, so
        that whatever the caller holds for it (its place in the concurrency limit) stays taken.
        """
        context = contextvars.copy_context()
        job = self._threads.submit(context.run, function, *arguments)
        waiting = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if not job.cancel():
                await asyncio.wait([waiting])
            raise


def _capture(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> tuple[Any, BaseException | None]:
    # SystemExit would end the event loop and StopIteration would never reach a waiting future.
    try:
        return function(*arguments), None
    except BaseException as exc:
        return None, exc


async def _await(value: Any) -> Any:
    try:
        return await value
    except asyncio.CancelledError:
        raise
    except BaseException as exc:
        raise user_error(exc) from exc


def user_error(error: BaseException) -> Exception:
    """The exception to answer with for one that user code raised."""
    if not is_http_error(error):
        return UserCodeError(error)
    problem = header_error(error)
    return error if problem is None else UserCodeError(problem)
