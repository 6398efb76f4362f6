"""Where definitions are being executed, other than in a request."""

from __future__ import annotations

import asyncio
import sys
import threading
from types import CodeType
from typing import AbstractSet, Iterator

from .waiting import OWN_THREADS, Waiting, awaited, frames, is_request, job_of


def running(
    affected: AbstractSet[CodeType], loop: asyncio.AbstractEventLoop, waiting: Waiting
) -> Iterator[str]:
    """The threads and tasks that are in the midst of one of the codes, in words."""
    if affected:
        yield from _in_threads(affected, waiting)
        yield from _in_tasks(affected, loop)


def _in_threads(affected: AbstractSet[CodeType], waiting: Waiting) -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, innermost in sys._current_frames().items():
        name = names.get(ident, "")
        if ident == threading.main_thread().ident or name.startswith(OWN_THREADS):
            continue
        for frame in frames(innermost):
            code = frame.f_code
            if code in affected and not waiting.covers(job_of(innermost)):
                yield f"the thread {name or ident} is running `{code.co_name}`"


def _in_tasks(affected: AbstractSet[CodeType], loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    for task in asyncio.all_tasks(loop):
        if is_request(task):
            continue
        for code in awaited(task.get_coro()):
            if code in affected:
                yield f"a task is running `{code.co_name}`"
