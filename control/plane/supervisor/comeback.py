"""The way back of a release whose process has ended by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from control.plane.exceptions import LoadFailed

if TYPE_CHECKING:
    from control.plane.proxy.gate import Gate
    from control.plane.releases.release import Release
    from control.plane.supervisor.crash_loop import CrashLoop, HealthRecord
    from control.plane.supervisor.supervisor import Supervisor


class Comeback:
    """Starts it again, ever more slowly while that keeps failing."""

    def __init__(
        self, supervisor: Supervisor, gate: Gate, crash_loop: CrashLoop, health: HealthRecord
    ) -> None:
        self._supervisor = supervisor
        self._gate = gate
        self._crash_loop = crash_loop
        self._health = health

    async def of(self, release: Release) -> None:
        """Ends once the live release serves again; one that never was healthy makes room for the
        last one that was. What went wrong stays on record."""
        error = self._supervisor.last_error
        while not (self._crash_loop.is_hopeless and await self._is_rolled_back(release)):
            await self._wait_out()
            self._supervisor.hold()
            try:
                process = await self._supervisor.prepare(release)
            except LoadFailed as failure:
                self._supervisor.load_failed(failure)
                self._crash_loop.crashed()
                continue
            self._supervisor.switch(process, release)
            break
        self._supervisor.last_error = error

    async def _is_rolled_back(self, release: Release) -> bool:
        self._supervisor.hold()
        return await self._health.roll_back(self._supervisor, release, self._crash_loop.crashes)

    async def _wait_out(self) -> None:
        if (refusal := self._crash_loop.refusal) is None:
            self._gate.hold()
        else:
            self._gate.refuse(refusal)
        await asyncio.sleep(self._crash_loop.delay)
