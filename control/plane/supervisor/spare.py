"""The warm spare: a process that has booted and imported packages before a release needs it.

It never runs code of the user, only what that code imports from elsewhere, and only where a fresh
process would have found the same: same environment, same imports in the same order, no name that
the release would answer itself. Anything else gets a fresh process.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from control.plane.changes import Observed
from control.plane.exceptions import LoadFailed, PreloadFailed

if TYPE_CHECKING:
    from control.plane.changes import Changes
    from control.plane.supervisor.environment import ProcessEnvironment
    from control.plane.supervisor.fleet import Fleet
    from control.plane.supervisor.logbook import LogBook
    from control.plane.supervisor.preloads import Preloads
    from control.plane.supervisor.process import InferenceProcess
    from control.plane.tasks import Tasks

# An import that takes longer hangs as far as anybody is concerned.
PRELOAD_SECONDS = 60.0
# Beyond what a fresh process would need, waiting for a spare gains nothing.
PATIENCE_SECONDS = 0.3
NOTHING = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a process needs for a release before it can load it."""

    environment: ProcessEnvironment
    preloads: Preloads


@dataclass(slots=True, eq=False)
class _Warm:
    """`names`: every top-level name its imports asked for. `patience`: seconds worth waiting."""

    process: InferenceProcess
    modules: tuple[str, ...]
    patience: float
    begun: float = field(default_factory=time.monotonic)
    names: frozenset[str] = NOTHING
    preloading: asyncio.Task[None] | None = None
    is_spoiled: bool = False

    @property
    def is_ready(self) -> bool:
        preloaded = self.preloading is None or self.preloading.done()
        return self.process.has_booted and preloaded

    def suits(self, environment: ProcessEnvironment, modules: tuple[str, ...]) -> bool:
        """Whether it has done nothing but what a fresh process would do first."""
        same = self.process.is_alive and self.process.environment == environment
        return same and self.modules == modules[: len(self.modules)]

    def is_unnoticed_by(self, preloads: Preloads) -> bool:
        """Whether no import was answered here that the release would answer itself."""
        is_whole = self.process.is_alive and not self.is_spoiled
        return is_whole and not self.names & preloads.own_names


class Spare:
    """At most one process. Lives on the event loop."""

    _warm = Observed["_Warm | None"]()

    def __init__(self, fleet: Fleet, tasks: Tasks, log: LogBook, changes: Changes) -> None:
        self.changes = changes
        self._fleet = fleet
        self._tasks = tasks
        self._log = log
        self._warm = None
        self._wanted: Surroundings | None = None
        # Imports that a release would notice, or that failed; tried once.
        self._unsuitable: set[str] = set()

    @property
    def process(self) -> InferenceProcess | None:
        """The process, ready or not."""
        return self._warm.process if self._warm else None

    @property
    def is_ready(self) -> bool:
        """Whether a patch would find it with everything imported."""
        return self._warm is not None and self._warm.is_ready

    async def take(self, wanted: Surroundings) -> InferenceProcess | None:
        """The process, which is no spare any more; None where none would do, or not soon."""
        warm, self._warm = self._warm, None
        if warm is None:
            return None
        does = warm.suits(wanted.environment, self._suitable(wanted)) and await _is_soon_ready(warm)
        if does and warm.is_unnoticed_by(wanted.preloads):
            return warm.process
        self._tasks.run(_discard(warm))
        return None

    async def fill(self, wanted: Surroundings, patience: float) -> None:
        """Makes sure that a spare for `wanted` is warm or warming.

        `patience`: how long a fresh process would take to load, in seconds.
        """
        self._wanted = wanted
        modules = self._suitable(wanted)
        warm = self._warm
        if warm and warm.modules == modules and warm.suits(wanted.environment, modules):
            return
        try:
            process = await self._fleet.start(wanted.environment)
        except LoadFailed:
            # Whoever needs a process next tries again, and hears why there is none.
            await self.drop()
            return
        new = _Warm(process, modules, PATIENCE_SECONDS + patience)
        if modules:
            new.preloading = self._tasks.run(self._preload(new))
        # Read again: another `fill` may have put one there meanwhile.
        old, self._warm = self._warm, new
        self._tasks.run(self._tell_when_ready(new))
        if old is not None:
            await _discard(old)

    async def drop(self) -> None:
        """Ends the process, if there is one."""
        warm, self._warm = self._warm, None
        if warm is not None:
            await _discard(warm)

    def forget(self, process: InferenceProcess) -> None:
        """It has ended. Not replaced here: one that cannot boot would be started for ever."""
        if self._warm is not None and self._warm.process is process:
            self._warm = None

    def _suitable(self, wanted: Surroundings) -> tuple[str, ...]:
        return tuple(m for m in wanted.preloads.modules if m not in self._unsuitable)

    async def _tell_when_ready(self, warm: _Warm) -> None:
        with contextlib.suppress(LoadFailed):
            await warm.process.boot()
            if warm.preloading is not None:
                await asyncio.wait({warm.preloading})
            self.changes.notify()

    async def _preload(self, warm: _Warm) -> None:
        try:
            warm.names = await warm.process.preload(warm.modules, PRELOAD_SECONDS)
        except LoadFailed:
            return
        except PreloadFailed as failure:
            if warm.is_spoiled:
                return
            warm.is_spoiled = True
            self._unsuitable.add(failure.module)
            self._log.note(f"{failure.module} is not imported ahead: {failure}.")
            if self._warm in (warm, None) and self._wanted is not None:
                await self.fill(self._wanted, warm.patience - PATIENCE_SECONDS)


async def _discard(warm: _Warm) -> None:
    """Ends a spare. What it was importing is not to blame for that."""
    warm.is_spoiled = True
    await warm.process.kill()


async def _is_soon_ready(warm: _Warm) -> bool:
    """Waits for the imports, as long as that is faster than to begin anew."""
    if warm.preloading is None:
        return True
    left = warm.begun + warm.patience - time.monotonic()
    await asyncio.wait({warm.preloading}, timeout=max(left, 0))
    return warm.preloading.done() and not warm.preloading.cancelled()
