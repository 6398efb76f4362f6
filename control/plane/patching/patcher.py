"""Applies patches, one at a time: check, stage, activate, commit, or nothing at all.

The newest wins: who sends a patch for the live version while another one is on its way has changed
his mind, and must not wait for the end of a mistake.

The order makes it safe. Until the commit (one rename) the old version is live in every respect:
on disk, in its process, in its hash. After it the new one is. Nothing lies between.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from control.plane.changes import Observed
from control.plane.exceptions import (
    GivenUp,
    Interrupted,
    PatchFailed,
    Superseded,
    SwapRefused,
    one_line,
)
from control.plane.failpoints import reach
from control.plane.patching.activation import Adoption, HotSwap, Reload
from control.plane.patching.answers import (
    APPLIED,
    PLANNED,
    Answer,
    answer,
    as_problem,
    asked_for,
    details,
    reloading,
    unchanged,
)
from control.plane.patching.attempt import Attempt
from control.plane.patching.request import Preference
from control.plane.patching.room import reason_to_stop_first
from control.plane.patching.stopwatch import Stopwatch
from control.plane.releases.release import now
from control.plane.tasks import Tasks
from truss_base.plan import Strategy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from control.plane.changes import Changes
    from control.plane.downloads.downloads import Downloads
    from control.plane.environments.installer import Installer
    from control.plane.patching.activation import Activation
    from control.plane.patching.drafts import Draft, Drafts
    from control.plane.patching.history import History
    from control.plane.patching.request import PatchRequest
    from control.plane.releases.release import Release
    from control.plane.releases.store import ReleaseStore
    from control.plane.supervisor.logbook import LogBook
    from control.plane.supervisor.settling import Settling
    from control.plane.supervisor.supervisor import Supervisor
    from truss_base.plan import Plan

    Progress = Callable[[str, str], None]


# So long after a patch, or after the first of several, what it left over is removed.
COLLECT_SECONDS = 0.2


class Patcher:
    """A patch of the live version ends earlier ones; any other waits for them."""

    _patching = Observed[bool]()

    def __init__(
        self,
        store: ReleaseStore,
        supervisor: Supervisor,
        installer: Installer,
        drafts: Drafts,
        settling: Settling,
        downloads: Downloads,
        history: History,
        log: LogBook,
        turn: asyncio.Lock,
        changes: Changes,
    ) -> None:
        self.changes = changes
        self._store = store
        self._supervisor = supervisor
        self._installer = installer
        self._drafts = drafts
        self._settling = settling
        self._downloads = downloads
        self._history = history
        self._log = log
        self._turn = turn
        self._attempts: list[Attempt] = []
        self._patching = False
        self._collects = False
        self._tasks = Tasks()

    @property
    def is_patching(self) -> bool:
        """Whether a patch that was found good is being applied."""
        return self._patching

    @property
    def pending(self) -> str | None:
        """The version that the newest unfinished patch is to reach."""
        live = self._store.live.hash
        return next((a.hash for a in reversed(self._attempts) if a.hash != live), None)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The last patches, newest last."""
        return self._history.to_list()

    @property
    def last_failure(self) -> dict[str, Any] | None:
        """The last patch if it failed, see `History`."""
        return self._history.last_failure

    @contextlib.asynccontextmanager
    async def interrupted(self) -> AsyncIterator[Release]:
        """The live version, for a restart or a stop: patches that are not live yet are given up,
        so that nobody who wants to end a mistake has to wait for it."""
        for attempt in self._attempts:
            attempt.give_up(Interrupted())
        async with self._turn:
            yield self._store.live

    async def patch(
        self, request: PatchRequest, progress: Progress, attempt: Attempt | None = None
    ) -> Answer:
        """Applies `request`, or plans it for a `dry_run`; `attempt` is to give it up with.

        Raises:
            Problem: it was refused or failed, and nothing has changed.
        """
        if request.dry_run:
            return await self._plan_only(request)
        attempt = attempt or Attempt(request.hash)
        if request.prev_hash == self._store.live.hash:
            for earlier in self._attempts:
                # One on its way to the same version is not in the way: its success answers both.
                if earlier.hash != request.hash:
                    earlier.give_up(Superseded())
        self._attempts.append(attempt)
        self.changes.notify()
        try:
            return await self._in_turn(request, attempt, progress)
        finally:
            self._attempts.remove(attempt)
            self.changes.notify()

    async def _in_turn(self, request: PatchRequest, attempt: Attempt, progress: Progress) -> Answer:
        if self._turn.locked():
            progress("queue", "waiting for another patch to end")
        await attempt.race(self._turn.acquire())
        self._settling.pause()
        try:
            return await self._apply(request, attempt, progress)
        finally:
            self._patching = False
            self._turn.release()
            self._settling.resume()

    async def _plan_only(self, request: PatchRequest) -> Answer:
        base, watch = self._store.live, Stopwatch()
        if request.hash == base.hash:
            return unchanged(base, watch)
        chosen = (await self._drafts.check(base, request, watch)).chosen
        return {**answer(PLANNED, base, request.hash, chosen, watch), "dry_run": True}

    async def _apply(self, request: PatchRequest, attempt: Attempt, progress: Progress) -> Answer:
        attempt.check()
        base, watch = self._store.live, Stopwatch()
        if request.hash == base.hash:
            self._history.clear_failure()
            return unchanged(base, watch)
        draft = await self._drafts.taken(base, request)
        if draft is not None:
            chosen = draft.chosen
        else:
            progress("check", "checking the patch")
            checked = await self._drafts.check(base, request, watch)
            chosen = checked.chosen
        attempt.check()
        self._patching = True
        progress("stage", f"writing the new version ({chosen.strategy.title})")
        try:
            if draft is None:
                draft = await self._drafts.write(base, request, checked, watch)
            release = draft.release
            reach("patch.staged")
            await self._download(release, base, watch, attempt, progress)
            if chosen.strategy is Strategy.NEW_ENVIRONMENT:
                release = await self._install(release, base, watch, attempt, progress)
            draft = replace(draft, release=release)
            chosen = await self._activate(request, draft, watch, attempt, progress)
        except (PatchFailed, GivenUp) as failure:
            self._remember(request.hash, chosen, watch, failure)
            raise
        self._remember(request.hash, chosen, watch)
        self._collect_soon()
        return answer(APPLIED, base, request.hash, chosen, watch)

    async def _download(
        self,
        release: Release,
        base: Release,
        watch: Stopwatch,
        attempt: Attempt,
        progress: Progress,
    ) -> None:
        """Everything is there that the release's config names by URL."""

        def told(message: str) -> None:
            progress("download", message)

        try:
            await attempt.race(self._downloads.provide(release, told, base))
        except BaseException as failure:
            await self._undo(release, None, {"hash": release.hash}, failure)
            raise as_problem(failure) from failure
        watch.lap("download")

    async def _install(
        self,
        release: Release,
        base: Release,
        watch: Stopwatch,
        attempt: Attempt,
        progress: Progress,
    ) -> Release:
        """The release with everything installed that it asks for, beside what runs."""

        def told(message: str) -> None:
            progress("install", message)

        try:
            environment = await attempt.race(self._installer.install(release, base, told))
            release = await asyncio.to_thread(self._store.assign, release, environment)
            self._installer.linked(environment)
        except BaseException as failure:
            await self._undo(release, None, {"hash": release.hash}, failure)
            raise as_problem(failure) from failure
        watch.lap("install")
        return release

    async def _activate(
        self,
        request: PatchRequest,
        draft: Draft,
        watch: Stopwatch,
        attempt: Attempt,
        progress: Progress,
    ) -> Plan:
        """Prepares, commits, takes over; gives the plan that was carried out in the end. Whatever
        fails before the commit leaves no trace."""
        release, chosen = draft.release, draft.chosen
        activation: Activation | None = None
        try:
            settling = asyncio.ensure_future(self._settled(draft))
            try:
                activation, chosen = await self._prepared(
                    request, release, chosen, watch, attempt, progress
                )
            finally:
                await asyncio.wait({settling})
                if not settling.cancelled():
                    # Where the load failed too, that is told; this one is not "never retrieved".
                    settling.exception()
            settling.result()
            watch.lap("settle")
            reach("patch.settled")
            reach("patch.loaded")
            attempt.begin_commit()
            await asyncio.to_thread(
                self._store.commit, release, details(release.hash, chosen, watch)
            )
            watch.lap("commit")
        except BaseException as failure:
            await self._undo(release, activation, details(release.hash, chosen, watch), failure)
            raise as_problem(failure) from failure
        await activation.take_over(release)
        if chosen.strategy is Strategy.NEW_ENVIRONMENT:
            await asyncio.to_thread(self._installer.keep)
        reach("patch.switched")
        watch.lap("switch")
        return chosen

    async def _settled(self, draft: Draft) -> None:
        installs = draft.chosen.strategy is Strategy.NEW_ENVIRONMENT
        if installs:
            await asyncio.to_thread(self._installer.settle, draft.release)
        if installs or not draft.is_settled:
            await asyncio.to_thread(self._store.settle, draft.release)

    async def _prepared(
        self,
        request: PatchRequest,
        release: Release,
        chosen: Plan,
        watch: Stopwatch,
        attempt: Attempt,
        progress: Progress,
    ) -> tuple[Activation, Plan]:
        """The release, ready to answer, and the plan with the strategy that it takes."""
        if request.preference is not Preference.AUTO:
            chosen = asked_for(request.preference.value, chosen)
        if chosen.strategy is Strategy.SYNC and self._supervisor.state == "ready":
            return Adoption(self._supervisor), chosen
        if chosen.swap is not None:
            progress("swap", "making the new code beside the old")
            try:
                swap = self._supervisor.prepare_swap(release, chosen.swap.to_wire())
                prepared = await attempt.race(swap)
                reach("swap.prepared")
                watch.lap("swap")
                return HotSwap(self._supervisor, prepared), chosen
            except SwapRefused as refusal:
                chosen = reloading(chosen, refusal.reasons)
                watch.lap("swap")
        reason = await reason_to_stop_first(request, release, self._supervisor)
        if reason is not None:
            progress("stop", f"ending the old version first, {reason}; requests wait")
            await attempt.race(self._supervisor.vacate())
            watch.lap("stop")
        serving = "; the old one serves on" if self._supervisor.current else ""
        progress("load", f"loading the new version{serving}")
        reach("patch.loading")
        process = await attempt.race(self._supervisor.prepare(release))
        watch.lap("load")
        return Reload(self._supervisor, process), chosen

    async def _undo(
        self,
        release: Release,
        activation: Activation | None,
        noted: Mapping[str, Any],
        failure: BaseException,
    ) -> None:
        error = failure.remembered if isinstance(failure, GivenUp) else str(failure)
        noted = {**noted, "error": one_line([error or type(failure).__name__])}
        try:
            if activation is not None:
                await activation.undo()
            await asyncio.to_thread(self._store.discard, release, noted)
            await self._installer.undo(release)
        finally:
            # Where the old version had made room, it comes back, whatever could not be undone;
            # requests have waited for it.
            self._supervisor.revive(self._store.live)
            self._supervisor.refill()

    async def close(self) -> None:
        """Waits for the patch that is being applied, and for what follows it."""
        async with self._turn:
            await self._tasks.finish()
        await self._drafts.close()

    def _collect_soon(self) -> None:
        if not self._collects:
            self._collects = True
            self._tasks.run(self._collect())

    async def _collect(self) -> None:
        # The first answer of a new version needs the processor, and the disk is for its patch.
        await asyncio.sleep(COLLECT_SECONDS)
        self._collects = False
        await self._drafts.drop_outdated()
        await asyncio.to_thread(self._store.collect, self._supervisor.releases_in_use)
        await asyncio.to_thread(self._installer.collect, self._store.environments_named())
        await self._downloads.collect(self._store.releases)

    def _remember(
        self,
        wanted: str,
        chosen: Plan,
        watch: Stopwatch,
        failure: PatchFailed | GivenUp | None = None,
    ) -> None:
        entry = {**details(wanted, chosen, watch), "at": now(), "ok": failure is None}
        total = watch.timings_ms()["total"]
        if failure is None:
            self._log.note(f"Patched to {wanted[:12]} ({chosen.strategy.title}, {total:.0f} ms).")
        else:
            entry["error"] = failure.remembered
            self._log.note(f"Patch to {wanted[:12]} did not become live: {failure.remembered}")
        self._history.add(entry, getattr(failure, "model_error", None))
