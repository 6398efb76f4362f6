"""The bridge to what runs: `truss_handle.operations`, one change at a time per Truss."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lsp_server.errors import Superseded
from lsp_server.operations import Operations, is_recorded
from lsp_server.packages import ContainerPackages
from lsp_server.state import State, with_account
from lsp_server.text import one_line

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from lsp_server.items import Json
    from truss_handle.values import RunningStatus

logger = logging.getLogger(__name__)
T = TypeVar("T")
Operation = Callable[["ModuleType"], Awaitable[T]]
RETRY_SECONDS = 5.0


class Listener(Protocol):
    """Who wants to know."""

    def state_changed(self, truss: Path, state: State) -> None: ...

    def model_failed(self, truss: Path, error: Mapping[str, Any]) -> None: ...

    def prediction_works(self, truss: Path) -> None: ...


class Lane:
    """One Truss: its state, and the operation that holds it."""

    def __init__(self) -> None:
        self.state = State()
        self.lock = asyncio.Lock()
        self.holder: asyncio.Task[object] | None = None
        self.superseded = False
        self.watch: asyncio.Task[None] | None = None
        self.look: asyncio.Task[None] | None = None
        self.announced = False
        self.look_again = False
        self.complaint = ""


class Runtime:
    """States of the Trusses of this session. What runs tells of itself; nothing running, nobody is
    asked. `hears_of_edits`: whether somebody calls `look` when files change.
    """

    def __init__(self, listener: Listener, *, hears_of_edits: bool) -> None:
        self._listener = listener
        self._hears_of_edits = hears_of_edits
        self.operations = Operations()
        self.packages = ContainerPackages(self.operations)
        self._lanes: dict[Path, Lane] = {}

    def state(self, truss: Path) -> State:
        return self._lane(truss).state

    async def exclusive(self, truss: Path, busy: str, operation: Operation[T]) -> T:
        """Runs an operation that changes what runs, after whichever is under way."""
        lane = self._lane(truss)
        async with lane.lock:
            lane.superseded = False
            lane.holder = asyncio.current_task()
            # Who changes what runs takes the files for others: in sync is what the end of it says.
            in_sync = None if lane.state.in_sync else lane.state.in_sync
            self._announce(truss, replace(lane.state, busy=busy, message="", in_sync=in_sync))
            try:
                return await operation(await self.operations())
            except asyncio.CancelledError:
                if not lane.superseded:
                    raise
                _forget_cancellation()
                raise Superseded(f"{busy.capitalize()} was ended by another command.") from None
            finally:
                lane.holder = None
                self._announce(truss, replace(lane.state, busy=None, message=""))
                self.look(truss)

    def supersede(self, truss: Path) -> None:
        """Ends the operation under way, so that the next one need not wait for it."""
        lane = self._lane(truss)
        if lane.holder is not None:
            lane.superseded = True
            lane.holder.cancel()

    def stage(self, truss: Path, message: str) -> None:
        """What the operation under way is doing right now."""
        self._announce(truss, replace(self.state(truss), message=one_line(message, 120)))

    def applied(self, truss: Path, content_hash: str) -> None:
        """A patch went through: known at once, confirmed by the next look."""
        state = replace(
            self.state(truss),
            hash=content_hash,
            local_hash=content_hash,
            in_sync=True,
            plan=None,
            setback="",
        )
        self._announce(truss, state)

    def predicted(self, truss: Path, milliseconds: float) -> None:
        """The model has answered, in so much time."""
        self._announce(truss, replace(self.state(truss), predict_ms=milliseconds))

    def look(self, truss: Path) -> asyncio.Task[None]:
        """Ask anew what runs. Asked for during a look, it looks once more; one task for all."""
        lane = self._lane(truss)
        lane.look_again = True
        if lane.look is None or lane.look.done():
            lane.look = asyncio.create_task(self._looks(truss, lane))
        return lane.look

    async def _looks(self, truss: Path, lane: Lane) -> None:
        while lane.look_again:
            lane.look_again = False
            await self._look(truss, lane)

    async def _look(self, truss: Path, lane: Lane) -> None:
        try:
            if not await asyncio.to_thread(is_recorded, truss):
                self.packages.forget(truss)
                self._announce(truss, State(busy=lane.state.busy, message=lane.state.message))
                return
            operations = await self.operations()
            self._take(truss, await operations.status(truss))
            await self._plan(truss, operations)
        except Exception as error:  # whatever the container does, the editor goes on
            self._complain(truss, lane, one_line(f"{type(error).__name__}: {error}"))
        self._keep_watching(truss, lane)

    def _take(self, truss: Path, status: RunningStatus) -> None:
        self.packages.heard(truss, status)
        self._tell_errors(truss, status)
        known = self.state(truss)
        same = (known.hash, known.local_hash) == (status.hash, status.local_hash)
        state = replace(
            with_account(known, status),
            hash=status.hash,
            local_hash=status.local_hash,
            in_sync=status.in_sync,
            plan=known.plan if same else None,
        )
        self._announce(truss, state)

    async def _plan(self, truss: Path, operations: ModuleType) -> None:
        """What a patch would do, for the code actions: only where there is something to patch."""
        state = self.state(truss)
        if state.in_sync is False and state.control and state.plan is None and not state.busy:
            try:
                plan: Json = await operations.plan(truss)
            except Exception as error:  # a half-typed config cannot be planned with
                plan = {"error": one_line(str(error))}
            self._announce(truss, replace(self.state(truss), plan=plan))

    def _keep_watching(self, truss: Path, lane: Lane) -> None:
        if lane.state.running and (lane.watch is None or lane.watch.done()):
            lane.watch = asyncio.create_task(self._watch(truss, lane))

    async def _watch(self, truss: Path, lane: Lane) -> None:
        """Hears of what runs until it ends."""
        try:
            operations = await self.operations()
            async for status in operations.watch_status(truss):
                self.packages.heard(truss, status)
                # An operation of ours tells more of itself, and ends with a look.
                if lane.holder is None:
                    self._heard(truss, status)
        except Exception as error:
            self._complain(truss, lane, one_line(f"{type(error).__name__}: {error}"))
            await asyncio.sleep(RETRY_SECONDS)
            lane.watch = None
            self.look(truss)

    def _heard(self, truss: Path, status: RunningStatus) -> None:
        known = self.state(truss)
        if status.state == "stopped":
            self._announce(truss, State(local_hash=known.local_hash))
        elif status.control and status.hash != known.hash:
            self.look(truss)
            return
        else:
            self._announce(truss, with_account(known, status))
            if not self._hears_of_edits:
                self.look(truss)
        self._tell_errors(truss, status)

    def _tell_errors(self, truss: Path, status: RunningStatus) -> None:
        if status.last_error:
            self._listener.model_failed(truss, status.last_error)
        elif status.control and status.state == "ready":
            self._listener.prediction_works(truss)

    def _announce(self, truss: Path, state: State) -> None:
        lane = self._lane(truss)
        if lane.state != state or not lane.announced:
            lane.announced = True
            lane.state = state
            self._listener.state_changed(truss, state)

    def _complain(self, truss: Path, lane: Lane, complaint: str) -> None:
        """Once per kind of trouble, not once per look."""
        if complaint != lane.complaint:
            logger.warning("No status of %s: %s", truss, complaint)
        lane.complaint = complaint

    def _lane(self, truss: Path) -> Lane:
        return self._lanes.setdefault(truss, Lane())


def _forget_cancellation() -> None:
    """The task goes on: what it awaits next must not take it for a cancelled one (Python 3.11)."""
    uncancel = getattr(asyncio.current_task(), "uncancel", None)
    if uncancel is not None:
        uncancel()
