"""What nobody waits for: notes for other processes, written once it is quiet.

Whoever saves asks the model next, and a thread that writes at that moment takes its time from that.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from truss_handle.per_loop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

QUIET = 0.1  # seconds


class Afterwards:
    """The work of one event loop; what is left when that ends is done then."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._left: OrderedDict[Hashable, Callable[[], None]] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._doing = threading.Lock()

    def put(self, name: Hashable, work: Callable[[], None]) -> None:
        """Do this later, in a thread. Of several works of one name only the last is done."""
        self._left[name] = work
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(QUIET, self._begin)

    async def close(self) -> None:
        """Do it now."""
        if self._timer is not None:
            self._timer.cancel()
        self._do()

    def _begin(self) -> None:
        try:
            self._loop.run_in_executor(None, self._do)
        except RuntimeError:  # the interpreter ends, and begins no more threads
            self._do()

    def _do(self) -> None:
        # On a busy disk the next work of a name may be due before the last one ended: it waits, or
        # the older note would be written over the newer one.
        with self._doing:
            while self._left:
                _, work = self._left.popitem(last=False)
                work()


_afterwards = PerLoop(Afterwards, Afterwards.close)


async def afterwards(name: Hashable, work: Callable[[], None]) -> None:
    """Do this once it is quiet; it has to see to its own errors."""
    (await _afterwards.get()).put(name, work)
