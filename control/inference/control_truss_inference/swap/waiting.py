"""The jobs in executors that requests wait for: they end with their request, as its own code does.

A job that nobody waits for, or only for a while, may go on for ever.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from concurrent.futures import Future
from concurrent.futures.thread import _WorkItem
from types import CodeType, FrameType
from typing import Any, Iterator

# Where requests run, and what serves them.
OWN_THREADS = ("model", "swap", "control-")
_OWN_COROUTINES = ("uvicorn", "starlette", "control_truss_inference", "websockets")
_WAITING = Future.result.__code__
_WORKING = _WorkItem.run.__code__


class Waiting:
    """What requests wait for at the moment it is made."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._by_threads = {id(future) for future in _results()}
        tasks = (task for task in asyncio.all_tasks(loop) if is_request(task))
        self._by_tasks = {id(getattr(task, "_fut_waiter", None)) for task in tasks}

    def covers(self, job: Any) -> bool:
        """Whether a request waits for the end of what an executor was given."""
        if not isinstance(job, _WorkItem):
            return False
        future: Any = job.future
        return id(future) in self._by_threads or any(
            id(target) in self._by_tasks for target in _targets(future)
        )


def frames(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and those that called it."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def executing() -> Counter[int]:
    """How many references the frames of threads have to the function of each code, by its id."""
    found: Counter[int] = Counter()
    for innermost in sys._current_frames().values():
        for frame in frames(innermost):
            # The worker of an executor has one of its own, for as long as it calls.
            by_worker = frame.f_back is not None and frame.f_back.f_code is _WORKING
            found[id(frame.f_code)] += 2 if by_worker else 1
    return found


def job_of(frame: FrameType) -> Any:
    """What an executor was given and is doing in this frame's thread; None if it is no job."""
    return next((_local(each, "self") for each in frames(frame) if each.f_code is _WORKING), None)


def is_request(task: asyncio.Task[Any]) -> bool:
    """Whether the server itself runs the task."""
    code = next(awaited(task.get_coro()), None)
    return code is not None and is_own_code(code)


def is_own_code(code: CodeType) -> bool:
    """Whether it is the server's own code, not the user's."""
    return any(f"/{package}/" in code.co_filename for package in _OWN_COROUTINES)


def awaited(coroutine: Any) -> Iterator[CodeType]:
    """The code of a coroutine and of those that it awaits."""
    while coroutine is not None:
        code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
        if code is not None:
            yield code
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)


def _results() -> Iterator[Any]:
    """The futures whose result a request's thread waits for, without a limit."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, innermost in sys._current_frames().items():
        if names.get(ident, "").startswith(OWN_THREADS):
            for frame in frames(innermost):
                if frame.f_code is _WAITING and _local(frame, "timeout") is None:
                    yield _local(frame, "self")


def _targets(future: Any) -> Iterator[Any]:
    """The asyncio futures that are told when this one is done."""
    for callback in list(future._done_callbacks):
        for cell in getattr(callback, "__closure__", None) or ():
            yield cell.cell_contents


def _local(frame: FrameType, name: str) -> Any:
    return frame.f_locals.get(name)
