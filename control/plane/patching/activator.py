"""Makes a staged release ready to answer, in the way that its plan names, or in a safer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control.plane.exceptions import SwapRefused
from control.plane.failpoints import reach
from control.plane.patching.activation import Adoption, HotSwap, Reload
from control.plane.patching.answers import asked_for, reloading
from control.plane.patching.request import Preference
from control.plane.patching.room import reason_to_stop_first
from truss_base.plan import Strategy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from control.plane.patching.transaction import Transaction
    from control.plane.supervisor.supervisor import Supervisor


class Activator:
    """Every step of it may be given up."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def prepare(self, patch: Transaction) -> None:
        """Gives `patch` its activation, and the plan that was carried out in the end.

        Raises:
            LoadFailed: the release cannot answer.
        """
        assert patch.draft is not None, "what is prepared is staged"
        if patch.request.preference is not Preference.AUTO:
            patch.chosen = asked_for(patch.request.preference.value, patch.plan)
        if patch.plan.strategy is Strategy.SYNC and self._supervisor.state == "ready":
            patch.activation = Adoption(self._supervisor)
        elif patch.plan.swap is None or patch.draft.document is None:
            patch.activation = await self._loaded(patch)
        else:
            patch.activation = await self._swapped(patch, patch.draft.document)

    async def _swapped(self, patch: Transaction, document: Mapping[str, Any]) -> HotSwap | Reload:
        """The serving process with the new code beside the old, where it does not refuse that."""
        patch.progress("swap", "making the new code beside the old")
        try:
            given_up = patch.attempt.given_up
            prepared = await self._supervisor.hot.prepare(patch.release, document, given_up)
        except SwapRefused as refusal:
            patch.attempt.check()
            patch.chosen = reloading(patch.plan, refusal.reasons)
            patch.watch.lap("swap")
            return await self._loaded(patch)
        reach("swap.prepared")
        patch.watch.lap("swap")
        return HotSwap(self._supervisor, prepared)

    async def _loaded(self, patch: Transaction) -> Reload:
        """Another process with the release loaded."""
        reason = await reason_to_stop_first(patch.request, patch.release, self._supervisor)
        if reason is not None:
            patch.progress("stop", f"ending the old version first, {reason}; requests wait")
            await patch.attempt.race(self._supervisor.vacate())
            patch.watch.lap("stop")
        serving = "; the old one serves on" if self._supervisor.current else ""
        patch.progress("load", f"loading the new version{serving}")
        reach("patch.loading")
        process = await patch.attempt.race(self._supervisor.prepare(patch.release))
        patch.watch.lap("load")
        return Reload(self._supervisor, process)
