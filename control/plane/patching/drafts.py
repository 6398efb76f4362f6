"""Versions that are written beside the live one and belong to nobody yet.

A patch makes its draft when it comes, unless that was made ahead of it, from text that was not
saved yet. Making one ahead runs none of that text: it is checked, planned, written, brought to disk
and compiled. Executing what nobody has decided to run is left to the patch.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import (
    HashMismatch,
    InadmissiblePatch,
    PatchFailed,
    ReleaseError,
    Superseded,
    UnsupportedPatch,
)
from control.plane.patching.answers import PREPARED, answer, rebuild_message, unchanged
from control.plane.patching.changes import new_contents
from control.plane.patching.stopwatch import Stopwatch
from control.plane.tasks import Tasks
from truss_base.plan import Strategy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from control.plane.patching.answers import Answer
    from control.plane.patching.planning import Planner
    from control.plane.patching.request import PatchRequest
    from control.plane.releases.content import Content
    from control.plane.releases.release import Release
    from control.plane.releases.store import ReleaseStore
    from control.plane.supervisor.supervisor import Supervisor
    from truss_base.plan import Plan

# After this long nobody is going to save that text.
KEPT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Checked:
    """A patch that can be applied: the plan for it, and where every file comes from."""

    chosen: Plan
    contents: Mapping[str, Content]


@dataclass(frozen=True, slots=True)
class Draft:
    """A complete release on the way from `base`, and the plan that leads to it.

    `document` is the plan's hot swap as the inference process takes it.
    """

    base: Release
    release: Release
    chosen: Plan
    document: Mapping[str, Any] | None
    is_settled: bool = False

    @classmethod
    def of(cls, base: Release, release: Release, chosen: Plan) -> Draft:
        """A draft just staged."""
        document = chosen.swap.to_wire() if chosen.swap is not None else None
        return cls(base, release, chosen, document)


class Drafts:
    """Makes them, and keeps the one that was made ahead last."""

    def __init__(self, store: ReleaseStore, supervisor: Supervisor, planner: Planner) -> None:
        self._store = store
        self._supervisor = supervisor
        self._planner = planner
        self._making = asyncio.Lock()
        # The version that somebody asked for last: of no other there is a draft worth a wait.
        self._newest: str | None = None
        self._ahead: Draft | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._tasks = Tasks()

    async def check(self, base: Release, request: PatchRequest, watch: Stopwatch) -> Checked:
        """Plans a patch of `base` and finds everything that speaks against it.

        Raises:
            Problem: it cannot be applied.
        """
        if request.prev_hash != base.hash:
            raise InadmissiblePatch(
                f"The patch starts from {request.prev_hash[:12]}, but {base.hash[:12]} is "
                "running; compute it again from the running version's signature."
            )
        return await asyncio.to_thread(self._checked, base, request, watch)

    async def write(
        self, base: Release, request: PatchRequest, checked: Checked, watch: Stopwatch
    ) -> Draft:
        """Writes the version that a checked patch leads to.

        Raises:
            Problem: the disk does not take it, or the running model changed what it is made from.
        """
        release = await self._staged(base, request.hash, checked.contents, on_record=True)
        watch.lap("stage")
        return Draft.of(base, release, checked.chosen)

    async def ahead(self, request: PatchRequest) -> Answer:
        """Makes the draft of a patch that may come, in place of the last one made so.

        Raises:
            Superseded: another one was asked for before this one's turn came.
            Problem: the patch could not be applied.
        """
        self._newest = request.hash
        async with self._making:
            if self._newest != request.hash:
                raise Superseded()
            base, watch = self._store.live, Stopwatch()
            if request.hash == base.hash:
                return unchanged(base, watch)
            if self._ahead is None or not _fits(self._ahead, base, request):
                await self._drop()
                self._keep(await self._made_ahead(base, request, watch))
            assert self._ahead is not None, "kept just now"
            return answer(PREPARED, base, request.hash, self._ahead.chosen, watch)

    async def taken(self, base: Release, request: PatchRequest) -> Draft | None:
        """The draft that was made ahead for `request`, which is the caller's now."""
        if self._newest != request.hash:
            return None
        async with self._making:
            draft = self._ahead
            if draft is None or not _fits(draft, base, request):
                return None
            self._keep(None)
            return draft

    async def drop(self) -> None:
        """Removes what was made ahead."""
        async with self._making:
            await self._drop()

    async def drop_outdated(self) -> None:
        """Removes what was made ahead for a version that is not live any more."""
        async with self._making:
            if self._ahead is not None and self._ahead.base.id != self._store.live.id:
                await self._drop()

    async def close(self) -> None:
        """Leaves nothing behind."""
        await self.drop()
        await self._tasks.close()

    async def _made_ahead(self, base: Release, request: PatchRequest, watch: Stopwatch) -> Draft:
        checked = await self.check(base, request, watch)
        # The journal tells of patches; this is none yet.
        release = await self._staged(base, request.hash, checked.contents, on_record=False)
        watch.lap("stage")
        draft = Draft.of(base, release, checked.chosen)
        if draft.document is not None:
            self._supervisor.hot.compile_ahead(release, draft.document)
        try:
            await asyncio.to_thread(self._store.settle, release)
        except OSError as error:
            await asyncio.to_thread(self._store.forget, release)
            raise _unwritten(error) from error
        watch.lap("settle")
        return replace(draft, is_settled=True)

    async def _staged(
        self, base: Release, promised: str, contents: Mapping[str, Content], *, on_record: bool
    ) -> Release:
        try:
            return await asyncio.to_thread(
                self._store.stage, base, contents, promised, on_record=on_record
            )
        except HashMismatch as error:
            raise InadmissiblePatch(str(error)) from error
        except ReleaseError as error:
            raise PatchFailed(f"{error}.") from error
        except OSError as error:
            raise _unwritten(error) from error

    def _checked(self, base: Release, request: PatchRequest, watch: Stopwatch) -> Checked:
        chosen = self._planner.plan(base, request)
        watch.lap("plan")
        # S4 is a better answer than anything that is wrong with the rest of the patch.
        if chosen.strategy is Strategy.REBUILD:
            raise UnsupportedPatch(rebuild_message(chosen), chosen.to_dict())
        contents = new_contents(base, request)
        watch.lap("check")
        return Checked(chosen, contents)

    def _keep(self, draft: Draft | None) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self._ahead = draft
        if draft is not None:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(KEPT_SECONDS, lambda: self._tasks.run(self.drop()))

    async def _drop(self) -> None:
        draft = self._ahead
        self._keep(None)
        if draft is not None:
            await asyncio.to_thread(self._store.forget, draft.release)


def _fits(draft: Draft, base: Release, request: PatchRequest) -> bool:
    return draft.base.id == base.id and draft.release.hash == request.hash


def _unwritten(error: OSError) -> PatchFailed:
    return PatchFailed(
        f"The new version could not be written ({error.strerror}); nothing was changed."
    )
