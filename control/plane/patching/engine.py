"""One patch: check, stage, provide, activate, commit, or nothing at all.

The order makes it safe. Until the commit (one rename) the old version is live in every respect:
on disk, in its process, in its hash. After it the new one is. Nothing lies between.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from control.plane.changes import Observed
from control.plane.exceptions import GivenUp, PatchFailed, one_line
from control.plane.failpoints import reach
from control.plane.patching.answers import (
    APPLIED,
    Answer,
    answer,
    as_problem,
    details,
    unchanged,
)
from control.plane.patching.request import Preference
from control.plane.patching.transaction import Transaction
from control.plane.releases.release import now

if TYPE_CHECKING:
    from control.plane.changes import Changes
    from control.plane.patching.activator import Activator
    from control.plane.patching.attempt import Attempt
    from control.plane.patching.drafts import Draft, Drafts
    from control.plane.patching.history import History
    from control.plane.patching.provisions import Provisions
    from control.plane.patching.request import PatchRequest
    from control.plane.patching.transaction import Progress
    from control.plane.releases.store import ReleaseStore
    from control.plane.supervisor.logbook import LogBook
    from control.plane.supervisor.supervisor import Supervisor
    from truss_base.plan import Plan

logger = logging.getLogger("control.plane")
# So long after a patch the log tells of it: the answer does not wait for a thread that writes.
NOTE_SECONDS = 0.02


class Engine:
    """Applies one patch at a time; who comes when is the patcher's business."""

    _applying = Observed[bool]()

    def __init__(
        self,
        store: ReleaseStore,
        supervisor: Supervisor,
        drafts: Drafts,
        provisions: Provisions,
        activator: Activator,
        history: History,
        log: LogBook,
        changes: Changes,
    ) -> None:
        self.changes = changes
        self._store = store
        self._supervisor = supervisor
        self._drafts = drafts
        self._provisions = provisions
        self._activator = activator
        self._history = history
        self._log = log
        self._applying = False

    @property
    def is_applying(self) -> bool:
        """Whether a patch that was found good is on its way."""
        return self._applying

    async def apply(self, request: PatchRequest, attempt: Attempt, progress: Progress) -> Answer:
        """Takes the live version to the one that `request` asks for.

        Raises:
            Problem: it was refused or failed, and nothing has changed.
        """
        attempt.check()
        patch = Transaction(request, self._store.live, attempt, progress)
        if request.hash == patch.base.hash:
            self._history.clear_failure()
            return unchanged(patch.base, patch.watch)
        try:
            patch.draft = await self._drafted(patch)
            kept = await self._committed(patch)
            await self._switched(patch, kept)
        except (PatchFailed, GivenUp) as failure:
            if patch.chosen is not None:
                self._remember(patch, failure)
            raise
        finally:
            self._applying = False
        self._remember(patch)
        return answer(APPLIED, patch.base, request.hash, patch.plan, patch.watch)

    async def _drafted(self, patch: Transaction) -> Draft:
        """The new version on disk: as it was made ahead, or made now."""
        draft = await self._drafts.taken(patch.base, patch.request)
        if draft is not None:
            self._begin(patch, draft.chosen)
            return draft
        patch.progress("check", "checking the patch")
        checked = await self._drafts.check(patch.base, patch.request, patch.watch)
        patch.attempt.check()
        self._begin(patch, checked.chosen)
        return await self._drafts.write(patch.base, patch.request, checked, patch.watch)

    def _begin(self, patch: Transaction, chosen: Plan) -> None:
        patch.chosen = chosen
        self._applying = True
        preference = patch.request.preference
        how = chosen.strategy.title if preference is Preference.AUTO else preference.value
        patch.progress("stage", f"writing the new version ({how})")

    async def _committed(self, patch: Transaction) -> asyncio.Future[None]:
        """Prepares and commits; done once the disk keeps that. Whatever fails before the commit
        leaves no trace."""
        try:
            reach("patch.staged")
            await self._provisions.provide(patch)
            await self._made_ready(patch)
            patch.attempt.begin_commit()
            return await self._commit(patch)
        except BaseException as failure:
            await self._undo(patch, failure)
            raise as_problem(failure) from failure

    async def _commit(self, patch: Transaction) -> asyncio.Future[None]:
        """Commits in a thread, which goes on to keep that: handing it to another takes longer."""
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[None] = loop.create_future()

        def commit_and_keep() -> None:
            try:
                self._store.commit(patch.release)
            except BaseException as failure:
                loop.call_soon_threadsafe(committed.set_exception, failure)
                return
            patch.watch.lap("commit")
            loop.call_soon_threadsafe(committed.set_result, None)
            self._store.keep_commit(patch.release, lambda: _noted(patch))

        kept = loop.run_in_executor(None, commit_and_keep)
        await committed
        return kept

    async def _made_ready(self, patch: Transaction) -> None:
        """The release is on disk and ready to answer; both are worked for at once."""
        settling = asyncio.ensure_future(self._settled(patch))
        try:
            await self._activator.prepare(patch)
        finally:
            await _ended(settling)
            if not settling.cancelled():
                # Where the load failed too, that is told; this one is not "never retrieved".
                settling.exception()
        settling.result()
        patch.watch.lap("settle")
        reach("patch.settled")
        reach("patch.loaded")

    async def _settled(self, patch: Transaction) -> None:
        await self._provisions.settle(patch)
        assert patch.draft is not None, "the release is staged"
        if not patch.draft.is_settled:
            await asyncio.to_thread(self._store.settle, patch.release)

    async def _switched(self, patch: Transaction, kept: asyncio.Future[None]) -> None:
        """The committed release answers; the disk keeps the commit, which takes it about as long.
        Nothing of it is undone."""
        try:
            await self._taken_over(patch)
        finally:
            await _ended(kept)
        kept.result()
        await self._provisions.keep(patch)
        reach("patch.switched")
        patch.watch.lap("switch")

    async def _taken_over(self, patch: Transaction) -> None:
        assert patch.activation is not None, "what is committed was made ready"
        try:
            await patch.activation.take_over(patch.release)
        except Exception:
            # What answers has to be what is live, and nobody knows how far it has come.
            await self._supervisor.replace(patch.release)
            raise

    async def _undo(self, patch: Transaction, failure: BaseException) -> None:
        error = failure.remembered if isinstance(failure, GivenUp) else str(failure)
        noted = _noted(patch)
        noted["error"] = one_line([error or type(failure).__name__])
        try:
            if patch.activation is not None:
                await patch.activation.undo()
            await asyncio.to_thread(self._store.discard, patch.release, noted)
            await self._provisions.undo(patch.release)
        finally:
            # Where the old version had made room, it comes back, whatever could not be undone;
            # requests have waited for it.
            self._supervisor.revive(self._store.live)
            self._supervisor.refill()

    def _remember(self, patch: Transaction, failure: PatchFailed | GivenUp | None = None) -> None:
        wanted, total = patch.request.hash, patch.watch.timings_ms()["total"]
        entry = {**_noted(patch), "at": now(), "ok": failure is None}
        if failure is None:
            line = f"Patched to {wanted[:12]} ({patch.plan.strategy.title}, {total:.0f} ms)."
            asyncio.get_running_loop().call_later(NOTE_SECONDS, self._log.note, line)
        else:
            entry["error"] = failure.remembered
            self._log.note(f"Patch to {wanted[:12]} did not become live: {failure.remembered}")
        self._history.add(entry, getattr(failure, "model_error", None))


async def _ended(work: asyncio.Future[None]) -> None:
    """Waits for it, however it ends; not even for the next round of the loop if it has."""
    if not work.done():
        await asyncio.wait({work})


def _noted(patch: Transaction) -> dict[str, Any]:
    """What the journal and the history keep of it."""
    return details(patch.request.hash, patch.plan, patch.watch)
