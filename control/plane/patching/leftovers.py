"""What patches leave over is removed behind their answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from control.plane.tasks import Tasks

if TYPE_CHECKING:
    from control.plane.patching.drafts import Drafts
    from control.plane.patching.provisions import Provisions
    from control.plane.releases.store import ReleaseStore
    from control.plane.supervisor.supervisor import Supervisor

# So long after a patch, or after the first of several: the first answer of a new version needs the
# processor, and the disk is for the patch.
COLLECT_SECONDS = 0.2


class Leftovers:
    """Old releases, outdated drafts, and what only they needed."""

    def __init__(
        self,
        store: ReleaseStore,
        supervisor: Supervisor,
        drafts: Drafts,
        provisions: Provisions,
    ) -> None:
        self._store = store
        self._supervisor = supervisor
        self._drafts = drafts
        self._provisions = provisions
        self._is_due = False
        self._tasks = Tasks()

    def collect_soon(self) -> None:
        """Removes them in a moment."""
        if not self._is_due:
            self._is_due = True
            self._tasks.run(self._collect())

    async def close(self) -> None:
        """Waits until they are gone."""
        await self._tasks.finish()

    async def _collect(self) -> None:
        await asyncio.sleep(COLLECT_SECONDS)
        self._is_due = False
        await self._drafts.drop_outdated()
        await asyncio.to_thread(self._store.collect, self._supervisor.releases_in_use)
        await self._provisions.collect()
