"""The three ways in which a staged release comes to answer requests.

Each is prepared before the commit, while the old version answers, and either takes over after it
or is undone. What is prepared cannot be seen by anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from control.plane.failpoints import reach

if TYPE_CHECKING:
    from control.plane.releases.release import Release
    from control.plane.supervisor.process import InferenceProcess
    from control.plane.supervisor.supervisor import Supervisor
    from control.plane.supervisor.swaps import PreparedSwap


class Activation(Protocol):
    """A release that is ready to answer."""

    async def take_over(self, release: Release) -> None:
        """Answers from now on: the release is the live one, whatever happens here."""

    async def undo(self) -> None:
        """Leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """Nothing that runs is affected: the process stays, its files are others."""

    supervisor: Supervisor

    async def take_over(self, release: Release) -> None:
        self.supervisor.adopt(release)
        self.supervisor.hot.show_files(release)

    async def undo(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class HotSwap:
    """The serving process has the new code beside the old."""

    supervisor: Supervisor
    prepared: PreparedSwap

    async def take_over(self, release: Release) -> None:
        # Asked for first: the process needs a moment, and nothing can come between.
        asked = self.prepared.ask_commit()
        self.supervisor.adopt(release)
        reach("swap.adopted")
        if not await self.prepared.committed(asked):
            # It died, and is started again from this release; or it hangs.
            await self.supervisor.replace(release)
        reach("swap.committed")

    async def undo(self) -> None:
        self.prepared.drop()


@dataclass(frozen=True, slots=True)
class Reload:
    """Another process has loaded the release."""

    supervisor: Supervisor
    process: InferenceProcess

    async def take_over(self, release: Release) -> None:
        self.supervisor.switch(self.process, release)

    async def undo(self) -> None:
        await self.process.kill()
