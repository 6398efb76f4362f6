"""One patch on its way, which may be given up until its commit begins."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from control.plane.exceptions import Problem

T = TypeVar("T")


class Attempt:
    """Made on the event loop. `hash` is the version it is to reach.

    Nothing here cancels a whole patch: threads that write files cannot be cancelled, and a commit
    must not be. Work that may be left is raced; everything else ends first and then asks.
    """

    def __init__(self, wanted: str) -> None:
        self.hash = wanted
        self._reason: asyncio.Future[Problem] = asyncio.get_running_loop().create_future()
        self._committing = False

    @property
    def given_up(self) -> asyncio.Future[Problem]:
        """Done when the attempt is given up; to be waited for, and left as it is."""
        return self._reason

    def give_up(self, reason: Problem) -> None:
        """Ends the attempt with `reason`; too late once its commit has begun."""
        if not self._committing and not self._reason.done():
            self._reason.set_result(reason)

    def check(self) -> None:
        """Raises the reason if the attempt was given up."""
        if self._reason.done():
            raise self._reason.result()

    def begin_commit(self) -> None:
        """From here on the attempt completes. Raises the reason if it was given up."""
        self.check()
        self._committing = True

    async def race(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which is cancelled when the attempt is given up.

        A result that arrives nevertheless is returned, so that the caller can put it away.
        """
        running = asyncio.ensure_future(work)
        either: set[asyncio.Future[Any]] = {running, self._reason}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            running.cancel()
            await asyncio.wait({running})
        if running.cancelled():
            self.check()
        return running.result()
