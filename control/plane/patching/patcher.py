"""Who patches when: one at a time, and the newest wins.

Who sends a patch for the live version while another one is on its way has changed his mind, and
must not wait for the end of a mistake.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import Interrupted, Superseded
from control.plane.patching.answers import PLANNED, Answer, answer, unchanged
from control.plane.patching.attempt import Attempt
from control.plane.patching.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from control.plane.changes import Changes
    from control.plane.patching.drafts import Drafts
    from control.plane.patching.engine import Engine
    from control.plane.patching.foresight import Foreseer
    from control.plane.patching.history import History
    from control.plane.patching.leftovers import Leftovers
    from control.plane.patching.request import PatchRequest
    from control.plane.patching.transaction import Progress
    from control.plane.releases.release import Release
    from control.plane.releases.store import ReleaseStore
    from control.plane.supervisor.settling import Settling


class Patcher:
    """A patch of the live version ends earlier ones; any other waits for them."""

    def __init__(
        self,
        store: ReleaseStore,
        engine: Engine,
        drafts: Drafts,
        foreseer: Foreseer,
        leftovers: Leftovers,
        settling: Settling,
        history: History,
        turn: asyncio.Lock,
        changes: Changes,
    ) -> None:
        self._store = store
        self._engine = engine
        self._drafts = drafts
        self._foreseer = foreseer
        self._leftovers = leftovers
        self._settling = settling
        self._history = history
        self._turn = turn
        self._changes = changes
        self._attempts: list[Attempt] = []
        self._takes_any = True

    @property
    def is_patching(self) -> bool:
        """Whether a patch that was found good is being applied."""
        return self._engine.is_applying

    @property
    def pending(self) -> str | None:
        """The version that the newest unfinished patch is to reach."""
        live = self._store.live.hash
        return next((a.hash for a in reversed(self._attempts) if a.hash != live), None)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The last patches, newest last."""
        return self._history.to_list()

    @property
    def last_failure(self) -> dict[str, Any] | None:
        """The last patch if it failed, see `History`."""
        return self._history.last_failure

    @contextlib.asynccontextmanager
    async def interrupted(self) -> AsyncIterator[Release]:
        """The live version, for a restart or a stop: patches that are not live yet are given up,
        so that nobody who wants to end a mistake has to wait for it."""
        self._interrupt()
        async with self._turn:
            yield self._store.live

    def refuse_all(self) -> None:
        """From now on nothing is patched: patches that are not live yet are given up."""
        self._takes_any = False
        self._interrupt()

    async def patch(
        self, request: PatchRequest, progress: Progress, attempt: Attempt | None = None
    ) -> Answer:
        """Applies `request`, or plans it for a `dry_run`; `attempt` is to give it up with.

        Raises:
            Problem: it was refused or failed, and nothing has changed.
        """
        if request.dry_run:
            return await self._plan_only(request)
        if not self._takes_any:
            raise Interrupted()
        attempt = attempt or Attempt(request.hash)
        if request.prev_hash == self._store.live.hash:
            for earlier in self._attempts:
                # One on its way to the same version is not in the way: its success answers both.
                if earlier.hash != request.hash:
                    earlier.give_up(Superseded())
        self._attempts.append(attempt)
        self._changes.notify()
        try:
            return await self._in_turn(request, attempt, progress)
        finally:
            self._attempts.remove(attempt)
            self._changes.notify()

    async def close(self) -> None:
        """Waits for the patch that is being applied, and for what follows it."""
        async with self._turn:
            await self._leftovers.close()
        await self._drafts.close()

    def _interrupt(self) -> None:
        for attempt in self._attempts:
            attempt.give_up(Interrupted())

    async def _in_turn(self, request: PatchRequest, attempt: Attempt, progress: Progress) -> Answer:
        if self._turn.locked():
            progress("queue", "waiting for another patch to end")
        await attempt.race(self._turn.acquire())
        self._settling.pause()
        try:
            result = await self._engine.apply(request, attempt, progress)
            self._leftovers.collect_soon()
            return result
        finally:
            self._turn.release()
            self._settling.resume()

    async def _plan_only(self, request: PatchRequest) -> Answer:
        base, watch = self._store.live, Stopwatch()
        if request.hash == base.hash:
            return unchanged(base, watch)
        checked = await self._drafts.check(base, request, watch)
        chosen, reservation = await self._foreseer.foresee(request, checked.chosen)
        watch.lap("foresee")
        planned = answer(PLANNED, base, request.hash, chosen, watch)
        return {**planned, "dry_run": True, "reservation": reservation}
