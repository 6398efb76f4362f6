"""Hot now, fresh soon: what hot swaps have changed is loaded anew once editing pauses.

A hot swap is right for everything that the plan could see. A day of them may still drift from what
a fresh start would be; so, some time after the last one, another process loads the live release
and takes over. Nobody waits for it, and whatever goes wrong with it changes nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import LoadFailed
from control.plane.failpoints import reach
from control.plane.releases.complete_config import read_config
from control.plane.releases.release import now
from control.plane.tasks import Tasks

if TYPE_CHECKING:
    from control.plane.releases.store import ReleaseStore
    from control.plane.supervisor.logbook import LogBook
    from control.plane.supervisor.process import InferenceProcess
    from control.plane.supervisor.supervisor import Supervisor


class Settling:
    """Lives on the event loop. `turn` is held by whoever changes the live version; `quiet` is the
    pause in seconds after which editing has ended, None to leave things as they are."""

    def __init__(
        self,
        store: ReleaseStore,
        supervisor: Supervisor,
        turn: asyncio.Lock,
        log: LogBook,
        quiet: float | None,
    ) -> None:
        self._store = store
        self._supervisor = supervisor
        self._turn = turn
        self._log = log
        self._quiet = quiet
        self._tasks = Tasks()
        self._work: asyncio.Task[None] | None = None
        self._failure: dict[str, Any] | None = None

    def status(self) -> dict[str, Any]:
        """`settled`: whether the process that serves was started from the live version;
        `hot_patches`: how many have changed it since; `settle_error`: why it cannot be."""
        current = self._supervisor.current
        swaps = current.swaps.swapped if current is not None else 0
        error = self._failure if swaps else None
        return {"settled": not swaps, "hot_patches": swaps, "settle_error": error}

    def pause(self) -> None:
        """A patch has begun: its process may be needed, and its result is what has to settle."""
        if self._work is not None:
            self._work.cancel()
            self._work = None

    def resume(self) -> None:
        """A patch has ended: settles after a quiet time, if there is anything to settle."""
        self.pause()
        current = self._supervisor.current
        if self._quiet is not None and current is not None and current.swaps.swapped:
            self._work = self._tasks.run(self._settle(current, self._quiet))

    async def close(self) -> None:
        """Ends what is under way."""
        self.pause()
        await self._tasks.close()

    async def _settle(self, current: InferenceProcess, quiet: float) -> None:
        await asyncio.sleep(quiet)
        release = self._store.live
        config = await asyncio.to_thread(read_config, release.tree)
        # Two models may not share an accelerator, and stopping the old one is not worth it.
        if config.accelerator or not await self._supervisor.has_room():
            return
        reach("settle.begun")
        try:
            process = await self._supervisor.prepare(release)
        except LoadFailed as failure:
            self._failure = {**failure.error, "at": now()}
            self._log.note(f"The live version does not load in a fresh process: {failure}")
            self._supervisor.refill()
            return
        reach("settle.loaded")
        taken_over = False
        try:
            async with self._turn:
                taken_over = self._supervisor.current is current and self._store.live is release
                if taken_over:
                    self._supervisor.switch(process, release)
        finally:
            if not taken_over:
                self._tasks.run(process.kill())
        if taken_over:
            self._failure = None
            self._log.note("The version that was patched hot is loaded afresh.")
