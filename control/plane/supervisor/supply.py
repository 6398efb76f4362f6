"""Where processes come from: the warm spare where it fits, else a fresh one."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from control.plane.exceptions import LoadFailed
from control.plane.failpoints import reach
from control.plane.supervisor.fleet import Fleet
from control.plane.supervisor.memory import available_bytes, group_bytes, has_room
from control.plane.supervisor.spare import Spare

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from control.plane.changes import Changes
    from control.plane.releases.release import Release
    from control.plane.supervisor.launch import Launch
    from control.plane.supervisor.limits import Limits
    from control.plane.supervisor.process import Event, InferenceProcess
    from control.plane.supervisor.spare import Surroundings
    from control.plane.tasks import Tasks

# Whoever sent a patch waits for an answer, and should not share the processor with a spare.
REFILL_SECONDS = 0.1


class Supply:
    """Every inference process begins here. `surroundings` says what a release needs around it."""

    def __init__(
        self,
        launch: Launch,
        surroundings: Callable[[Release], Awaitable[Surroundings]],
        limits: Limits,
        tasks: Tasks,
        on_end: Callable[[InferenceProcess], None],
        on_predict_error: Callable[[InferenceProcess, Event], None],
        changes: Changes,
    ) -> None:
        self._surroundings = surroundings
        self._limits = limits
        self._tasks = tasks
        self._on_end = on_end
        self._refills = False
        self._refilled_for: tuple[Release, InferenceProcess | None] | None = None
        self._fleet = Fleet(launch, self._ended, on_predict_error)
        self.spare = Spare(self._fleet, tasks, launch.log, changes)

    @property
    def living(self) -> set[InferenceProcess]:
        """Every process, the spare included."""
        return self._fleet.living

    @property
    def loaded_or_loading(self) -> set[InferenceProcess]:
        """Those that occupy what a model needs."""
        return {process for process in self._fleet.living if process is not self.spare.process}

    async def has_room(self, current: InferenceProcess | None) -> bool:
        """Whether memory allows for a second process of the size of `current`."""
        return await asyncio.to_thread(self._has_room, current)

    async def loaded(self, release: Release) -> InferenceProcess:
        """A process that has loaded `release`.

        Raises:
            LoadFailed: with what the developer has to know.
        """
        process = await self._taken(await self._surroundings(release))
        reach("load.taken")
        try:
            await process.load(release, self._limits.load_timeout)
        except BaseException:
            self._tasks.run(process.kill())
            raise
        return process

    def refill(self, release: Release, current: InferenceProcess | None) -> None:
        """Sees to it, in the background, that the spare suits `release` where there is room.

        Once for the last of several releases that follow each other within moments.
        """
        self._refilled_for = release, current
        if self._limits.spare and not self._fleet.is_closed and not self._refills:
            self._refills = True
            self._tasks.run(self._refill())

    async def close(self) -> None:
        """Starts nothing any more, and ends everything in bounded time."""
        self._fleet.close()
        await asyncio.gather(*(process.stop() for process in self._fleet.living))

    async def _taken(self, wanted: Surroundings) -> InferenceProcess:
        """`_take` that may be cancelled: a process half started would belong to nobody."""
        taking = asyncio.ensure_future(self._take(wanted))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._tasks.run(_kill_once_there(taking))
            raise

    async def _take(self, wanted: Surroundings) -> InferenceProcess:
        warm = await self.spare.take(wanted)
        return warm or await self._fleet.start(wanted.environment)

    async def _refill(self) -> None:
        await asyncio.sleep(REFILL_SECONDS)
        self._refills = False
        wanted = self._refilled_for
        assert wanted is not None, "set by `refill`"
        release, current = wanted
        if not await self.has_room(current):
            await self.spare.drop()
            return
        seconds = current.load_seconds if current is not None else None
        reach("spare.wanted")
        # What keeps this release from being loaded is told to whoever loads it.
        with contextlib.suppress(LoadFailed):
            surroundings = await self._surroundings(release)
            # Reading a large version's imports takes a while; a newer one has a refill of its own.
            if self._refilled_for is wanted:
                await self.spare.fill(surroundings, seconds or 0.0)

    def _has_room(self, current: InferenceProcess | None) -> bool:
        needed = group_bytes(current.pid) if current is not None else 0
        return has_room(available_bytes(), needed, self._limits.memory_margin)

    def _ended(self, process: InferenceProcess) -> None:
        self.spare.forget(process)
        self._on_end(process)


async def _kill_once_there(taking: asyncio.Future[InferenceProcess]) -> None:
    # One that could not even be started needs no end.
    with contextlib.suppress(LoadFailed):
        await (await taking).kill()
