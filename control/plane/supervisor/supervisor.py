"""Keeps the right process serving: first load, switch, crash, stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from control.plane.changes import Observed
from control.plane.exceptions import LoadFailed
from control.plane.failpoints import reach
from control.plane.releases.release import now
from control.plane.supervisor.comeback import Comeback
from control.plane.supervisor.crash_loop import CrashLoop
from control.plane.supervisor.drainage import Drainage
from control.plane.supervisor.errors import ended_error
from control.plane.supervisor.fleet import CLOSING
from control.plane.supervisor.hot import HotSwaps
from control.plane.supervisor.supply import Supply
from control.plane.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from control.plane.changes import Changes
    from control.plane.proxy.backend import Backend
    from control.plane.proxy.gate import Gate
    from control.plane.releases.release import Release
    from control.plane.supervisor.crash_loop import HealthRecord
    from control.plane.supervisor.launch import Launch
    from control.plane.supervisor.limits import Limits
    from control.plane.supervisor.process import Event, InferenceProcess
    from control.plane.supervisor.spare import Spare, Surroundings

STOPPED = (
    "The inference server is stopped; `control-truss up`, or a POST to"
    " /control/restart_inference_server, starts it again."
)
REPLACED = (
    "This request was still running on a version that has been replaced when its time was up "
    "(--drain-timeout); send it again for an answer by the new version."
)


class Supervisor:
    """Owns every inference process. Lives on the event loop; only one task switches at a time."""

    _state = Observed[str]()
    current = Observed["InferenceProcess | None"]()
    last_error = Observed["Event | None"]()

    def __init__(
        self,
        launch: Launch,
        gate: Gate,
        surroundings: Callable[[Release], Awaitable[Surroundings]],
        health: HealthRecord,
        limits: Limits,
        changes: Changes,
    ) -> None:
        self.changes = changes
        self._gate = gate
        self._health = health
        self._log = launch.log
        self._tasks = Tasks()
        self._drainage = Drainage(limits.drain_timeout)
        self._supply = Supply(
            launch, surroundings, limits, self._tasks, self._ended, self._predict_error, changes
        )
        self._crash_loop = CrashLoop(limits.healthy_after, health.passed)
        self._comeback = Comeback(self, gate, self._crash_loop, health)
        self.hot = HotSwaps(self, limits.load_timeout)
        self._loading: asyncio.Task[None] | None = None
        self._vacating: asyncio.Task[None] | None = None
        self._release: Release | None = None
        self._state = "starting"
        self.current = None
        self.last_error = None

    # What others may know

    @property
    def state(self) -> str:
        """`starting`, `loading`, `ready`, `failed` or `stopped`."""
        return self._state

    @property
    def releases_in_use(self) -> set[str]:
        """Releases whose files a living process may still read."""
        living = [process for process in self._supply.living if process.is_alive]
        loaded = {process.release_id for process in living if process.release_id}
        return loaded.union(*(process.swaps.releases for process in living))

    @property
    def spare(self) -> Spare:
        """The process that the next reload will use."""
        return self._supply.spare

    @property
    def is_occupied(self) -> bool:
        """Whether a process has a model loaded, or is about to."""
        return bool(self._supply.loaded_or_loading)

    async def has_room(self) -> bool:
        """Whether memory allows for a second process of the size of the serving one."""
        return await self._supply.has_room(self.current)

    # What the control plane asks for

    def begin(self, release: Release) -> None:
        """Loads `release` in the background; requests wait meanwhile."""
        self._release = release
        self._gate.hold()
        self._load_in_background(self._first_load(release))

    async def prepare(self, release: Release) -> InferenceProcess:
        """A process that has loaded `release` and gets no requests yet: the warm spare where it
        has the right environment, else a fresh one.

        Raises:
            LoadFailed: nothing has changed for requests.
        """
        return await self._supply.loaded(release)

    def switch(self, process: InferenceProcess, release: Release) -> None:
        """Sends every request from now on to `process`; what ran before drains behind it."""
        self._cancel_loading()
        old, self.current = self.current, process
        self._release = release
        self._state = "ready"
        self.last_error = None
        self._vacating = None
        self._crash_loop.activated(release.id, passed=self._health.has_passed(release.id))
        self._gate.open(process.backend)
        if old is not None:
            self._tasks.run(self._drainage.drain(old, REPLACED))
        self.refill()
        if not process.is_alive:
            # It ended between its last word and this switch, when nobody was watching for it.
            self._crashed(process)

    def adopt(self, release: Release) -> None:
        """The live process stays; only the files it would be started from have changed."""
        self._release = release
        self._crash_loop.activated(release.id, passed=self._health.has_passed(release.id))
        self.refill()
        if self.current is None:
            # It ended meanwhile, and what is on its way is the version before this one.
            self._load_in_background(self._comeback.of(release))

    async def replace(self, release: Release) -> None:
        """Loads the live `release` in another process than the one that serves, which hangs, or of
        which nobody knows whether it has switched; requests wait. What it was never answers again.
        """
        before, self._release = self._release, release
        doubtful = self.current
        if doubtful is None:
            # It has ended, and what is on its way back may be the version before this one.
            if before is not release:
                self._load_in_background(self._comeback.of(release))
            return
        self._gate.hold()
        try:
            with contextlib.suppress(LoadFailed):
                await self.restart(release)
        finally:
            if self.current is doubtful:
                # Its end starts the release again.
                await doubtful.kill()

    async def vacate(self) -> None:
        """Ends the serving process before its successor is loaded; requests wait meanwhile."""
        self._cancel_loading()
        self.hold()
        self._crash_loop.left()
        reach("stop.held")
        current, self.current = self.current, None
        # Whoever gives up waiting does not stop what has begun: `revive` comes after it.
        self._vacating = self._tasks.run(self._emptied(current))
        await asyncio.shield(self._vacating)

    def revive(self, release: Release) -> None:
        """Loads the version again that was vacated for one that failed."""
        if self._vacating is not None:
            reach("revive.begun")
            self._load_in_background(self._revived(release, self._vacating))

    async def restart(self, release: Release) -> None:
        """Loads `release` again and switches to it. Raises LoadFailed; the old one serves on."""
        self._cancel_loading()
        if self.current is None:
            self.hold()
        try:
            self.switch(await self.prepare(release), release)
        except LoadFailed as failure:
            if self.current is None:
                self.load_failed(failure)
            raise

    async def stop(self) -> None:
        """Ends the serving process; requests are refused until a restart or a patch."""
        self._cancel_loading()
        self._state = "stopped"
        self._gate.refuse(STOPPED)
        self._crash_loop.left()
        current, self.current = self.current, None
        if current is not None:
            await self._drainage.drain(current, STOPPED)

    async def close(self) -> None:
        """Ends everything, in bounded time."""
        self._cancel_loading()
        self._crash_loop.left()
        self._state = "stopped"
        self._gate.refuse(CLOSING)
        self.current = None
        await self._supply.close()
        await self._tasks.close()

    def refill(self) -> None:
        """Makes sure that a spare with the live release's environment is warm or warming."""
        if self._release is not None:
            self._supply.refill(self._release, self.current)

    def note_success(self, backend: Backend) -> None:
        """The model has answered: what went wrong before is over."""
        if self.current is not None and self.current.backend is backend:
            self.last_error = None
            self._crash_loop.answered()

    def hold(self) -> None:
        """Requests wait for what is being loaded."""
        self._state = "loading"
        self._gate.hold()

    def load_failed(self, failure: LoadFailed) -> None:
        """Nothing serves: requests are refused until a patch or a restart."""
        self._state = "failed"
        self._vacating = None
        self.last_error = {**failure.error, "at": now()}
        self._gate.refuse(f"The model could not be loaded: {failure}")
        # The patch that fixes it should not have to wait for an interpreter.
        self.refill()

    # Loading

    async def _emptied(self, current: InferenceProcess | None) -> None:
        if current is not None:
            await self._drainage.drain(current, REPLACED)
        # Those that drain still, or have just been given up, occupy as much as any other.
        others = self._supply.loaded_or_loading
        await asyncio.gather(*(asyncio.shield(process.exited) for process in others))
        reach("stop.emptied")

    async def _revived(self, release: Release, vacating: asyncio.Task[None]) -> None:
        await asyncio.shield(vacating)
        await self._first_load(release)

    async def _first_load(self, release: Release) -> None:
        self._state = "loading"
        try:
            process = await self.prepare(release)
        except LoadFailed as failure:
            self.load_failed(failure)
        else:
            self.switch(process, release)

    # Endings

    def _ended(self, process: InferenceProcess) -> None:
        if process is self.current:
            self._crashed(process)

    def _crashed(self, process: InferenceProcess) -> None:
        self._crash_loop.crashed()
        self.current = None
        self.last_error = {**ended_error("serve", process.exited.result()), "at": now()}
        self._log.note(f"{self.last_error['message']} Starting it again.")
        if self._release is not None:
            self._load_in_background(self._comeback.of(self._release))

    def _predict_error(self, process: InferenceProcess, error: Event) -> None:
        if process is self.current:
            self.last_error = {**error, "at": now()}

    def _load_in_background(self, load: Coroutine[Any, Any, None]) -> None:
        self._cancel_loading()
        self._loading = self._tasks.run(load)

    def _cancel_loading(self) -> None:
        # Whoever loads in the background switches itself, at its end.
        if self._loading is not None and self._loading is not asyncio.current_task():
            self._loading.cancel()
        self._loading = None
