"""The way back: a version that never was healthy makes room for the last one that was."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from control.plane.exceptions import LoadFailed
from control.plane.failpoints import reach
from control.plane.releases.release import now
from control.plane.tasks import Tasks

if TYPE_CHECKING:
    from control.plane.patching.history import History
    from control.plane.releases.release import Release
    from control.plane.releases.store import ReleaseStore
    from control.plane.supervisor.logbook import LogBook
    from control.plane.supervisor.supervisor import Supervisor


class Rollback:
    """What the supervisor's crash loop remembers by, and the step back itself.

    `turn` is held while the live version may change.
    """

    def __init__(
        self, store: ReleaseStore, history: History, log: LogBook, turn: asyncio.Lock
    ) -> None:
        self._store = store
        self._history = history
        self._log = log
        self._turn = turn
        self._tasks = Tasks()
        self._passed: set[str] = set()

    def has_passed(self, release_id: str) -> bool:
        """Whether a release was ever found healthy."""
        return release_id in self._passed or self._store.health.has(release_id)

    def passed(self, release_id: str) -> None:
        """Remembers that a release is healthy, over restarts too."""
        self._passed = {release_id}
        self._tasks.run(asyncio.to_thread(self._store.health.mark, release_id))

    async def roll_back(self, supervisor: Supervisor, release: Release, crashes: int) -> bool:
        """Whether `release` is not to be started again: the last healthy one, or a patch, is live.

        The old version is loaded before the hash goes back, so that nothing is lost where that
        does not load any more either.
        """
        async with self._turn:
            if self._store.live.id != release.id:
                return True
            target = await asyncio.to_thread(self._store.last_healthy)
            if target is None:
                return False
            try:
                process = await supervisor.prepare(target)
            except LoadFailed as failure:
                self._log.note(f"The last healthy version does not load either: {failure}")
                return False
            reach("rollback.loaded")
            reason = (
                f"it ended {crashes} times in a row without ever being healthy, "
                f"so {target.hash[:12]} is live again"
            )
            event = {"from": release.id, "hash": release.hash, "error": reason, "at": now()}
            try:
                await asyncio.to_thread(self._store.revert, target, event)
            except OSError:
                await process.kill()
                return False
            supervisor.switch(process, target)
            reach("rollback.switched")
            self._history.add_rollback(event, supervisor.last_error)
            self._log.note(f"Version {release.hash[:12]} was taken back: {reason}.")
            return True

    async def close(self) -> None:
        """Waits for what is being remembered."""
        await self._tasks.finish()
