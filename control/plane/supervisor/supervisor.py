"""Keeps the right process serving: first load, warm spare, switch, crash, stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import LoadFailed
from control.plane.releases.release import now
from control.plane.supervisor.backoff import Backoff
from control.plane.supervisor.drainage import Drainage
from control.plane.supervisor.errors import ended_error, model_error, start_error
from control.plane.supervisor.process import InferenceProcess
from control.plane.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from control.plane.proxy.backend import Backend
    from control.plane.proxy.gate import Gate
    from control.plane.releases.release import Release
    from control.plane.supervisor.process import Event, Launch

# Up to this long before the next start requests wait; beyond it they are told.
WORTH_WAITING_SECONDS = 1.0
STOPPED = "The inference server is stopped; POST /control/restart_inference_server starts it again."
CLOSING = "The server is shutting down."
REPLACED = (
    "This request was still running on a version that has been replaced when its time was up "
    "(--drain-timeout); send it again for an answer by the new version."
)


class Supervisor:
    """Owns every inference process. Lives on the event loop; only one task switches at a time."""

    def __init__(
        self,
        launch: Launch,
        gate: Gate,
        environment: Callable[[Release], dict[str, str]],
        *,
        load_timeout: float,
        drain_timeout: float,
        spare: bool,
    ) -> None:
        self._launch = launch
        self._gate = gate
        self._environment = environment
        self._load_timeout = load_timeout
        self._drainage = Drainage(drain_timeout)
        self._keeps_spare = spare
        self._tasks = Tasks()
        self._loading: asyncio.Task[None] | None = None
        self._processes: set[InferenceProcess] = set()
        self._backoff = Backoff()
        self._closed = False
        self._release: Release | None = None
        self._state = "starting"
        self.current: InferenceProcess | None = None
        self.spare: InferenceProcess | None = None
        self.last_error: Event | None = None

    # What others may know

    @property
    def state(self) -> str:
        """`starting`, `loading`, `ready`, `failed` or `stopped`."""
        return self._state

    @property
    def pids(self) -> set[int]:
        """Every process that asyncio waits for."""
        return {process.pid for process in self._processes}

    @property
    def releases_in_use(self) -> set[str]:
        """Releases whose files a living process may still read."""
        return {p.release_id for p in self._processes if p.is_alive and p.release_id}

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
        process = await self._taken(self._environment(release))
        try:
            await process.load(release, self._load_timeout)
        except BaseException:
            self._tasks.run(process.kill())
            raise
        return process

    def switch(self, process: InferenceProcess, release: Release) -> None:
        """Sends every request from now on to `process`; what ran before drains behind it."""
        self._cancel_loading()
        old, self.current = self.current, process
        self._release = release
        self._state = "ready"
        self.last_error = None
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

    async def restart(self, release: Release) -> None:
        """Loads `release` again and switches to it. Raises LoadFailed; the old one serves on."""
        self._cancel_loading()
        if self.current is None:
            self._gate.hold()
            self._state = "loading"
        try:
            self.switch(await self.prepare(release), release)
        except LoadFailed as failure:
            if self.current is None:
                self._failed(failure)
            raise

    async def stop(self) -> None:
        """Ends the serving process; requests are refused until a restart or a patch."""
        self._cancel_loading()
        self._state = "stopped"
        self._gate.refuse(STOPPED)
        current, self.current = self.current, None
        if current is not None:
            await self._drainage.drain(current, STOPPED)

    async def close(self) -> None:
        """Ends everything, in bounded time."""
        self._closed, self._keeps_spare = True, False
        self._cancel_loading()
        self._state = "stopped"
        self._gate.refuse(CLOSING)
        self.current = self.spare = None
        await asyncio.gather(*(process.stop() for process in self._processes))
        await self._tasks.close()

    def refill(self) -> None:
        """Makes sure that a spare with the live release's environment is warm or warming."""
        if self._keeps_spare and self._release is not None:
            self._tasks.run(self._fill_spare(self._environment(self._release)))

    def note_success(self, backend: Backend) -> None:
        """The model has answered: what went wrong before is over."""
        if self.current is not None and self.current.backend is backend:
            self.last_error = None

    # Loading

    async def _first_load(self, release: Release) -> None:
        self._state = "loading"
        try:
            process = await self.prepare(release)
        except LoadFailed as failure:
            self._failed(failure)
        else:
            self._loading = None
            self.switch(process, release)

    def _failed(self, failure: LoadFailed) -> None:
        self._state = "failed"
        self.last_error = {**failure.error, "at": now()}
        self._gate.refuse(f"The model could not be loaded: {failure}")
        # The patch that fixes it should not have to wait for an interpreter.
        self.refill()

    async def _taken(self, environment: dict[str, str]) -> InferenceProcess:
        """`_take` that may be cancelled: a process half started would belong to nobody."""
        taking = asyncio.ensure_future(self._take(environment))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._tasks.run(_kill_once_there(taking))
            raise

    async def _take(self, environment: dict[str, str]) -> InferenceProcess:
        spare, self.spare = self.spare, None
        if spare is not None and spare.is_alive and spare.environment == environment:
            return spare
        if spare is not None:
            self._tasks.run(spare.kill())
        return await self._start(environment)

    async def _start(self, environment: dict[str, str]) -> InferenceProcess:
        if self._closed:
            raise LoadFailed(model_error("boot", "ShuttingDown", CLOSING))
        try:
            process = await InferenceProcess.start(self._launch, environment)
        except OSError as error:
            raise LoadFailed(start_error(error)) from error
        process.on_predict_error = self._predict_error
        self._processes.add(process)
        process.exited.add_done_callback(lambda _: self._ended(process))
        return process

    async def _fill_spare(self, environment: dict[str, str]) -> None:
        spare = self.spare
        if spare is not None and spare.is_alive and spare.environment == environment:
            return
        try:
            new = await self._start(environment)
        except LoadFailed:
            # Whoever needs a process next tries again, and hears why there is none.
            new = None
        # Read again: another refill may have put one there meanwhile.
        old, self.spare = self.spare, new
        if old is not None:
            await old.kill()

    # Endings

    def _ended(self, process: InferenceProcess) -> None:
        self._processes.discard(process)
        if process is self.spare:
            # Not replaced here: one that cannot boot would be started for ever.
            self.spare = None
        if process is self.current:
            self._crashed(process)

    def _crashed(self, process: InferenceProcess) -> None:
        lived = time.monotonic() - (process.ready_at or time.monotonic())
        self._backoff = self._backoff.after(lived)
        self.current = None
        self.last_error = {**ended_error("serve", process.exited.result()), "at": now()}
        self._launch.log.note(f"{self.last_error['message']} Starting it again.")
        if self._release is not None:
            self._load_in_background(self._respawn(self._release))

    async def _respawn(self, release: Release) -> None:
        """Brings the live release back, ever more slowly while that keeps failing."""
        while True:
            await self._wait_out()
            self._state = "loading"
            self._gate.hold()
            try:
                process = await self.prepare(release)
            except LoadFailed as failure:
                self._failed(failure)
                self._backoff = self._backoff.after(0)
                continue
            error = self.last_error
            self._loading = None
            self.switch(process, release)
            self.last_error = error
            return

    async def _wait_out(self) -> None:
        delay = self._backoff.delay
        if delay > WORTH_WAITING_SECONDS:
            self._gate.refuse(
                f"The inference process has ended {self._backoff.crashes} times in a row; "
                f"it is started again in {delay:g} s. A patch that fixes it is taken at once."
            )
        else:
            self._gate.hold()
        await asyncio.sleep(delay)

    def _predict_error(self, process: InferenceProcess, error: Event) -> None:
        if process is self.current:
            self.last_error = {**error, "at": now()}

    def _load_in_background(self, load: Coroutine[Any, Any, None]) -> None:
        self._cancel_loading()
        self._loading = self._tasks.run(load)

    def _cancel_loading(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None


async def _kill_once_there(taking: asyncio.Future[InferenceProcess]) -> None:
    # One that could not even be started needs no end.
    with contextlib.suppress(LoadFailed):
        await (await taking).kill()
