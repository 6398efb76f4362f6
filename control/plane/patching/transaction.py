"""One patch while it is applied: what was asked for, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from control.plane.patching.stopwatch import Stopwatch

if TYPE_CHECKING:
    from control.plane.patching.activation import Activation
    from control.plane.patching.attempt import Attempt
    from control.plane.patching.drafts import Draft
    from control.plane.patching.request import PatchRequest
    from control.plane.releases.release import Release
    from truss_base.plan import Plan

Progress = Callable[[str, str], None]


@dataclass(slots=True)
class Transaction:
    """From `base` to what `request` asks for. Its steps fill in the rest, in this order.

    `chosen`: the plan that is carried out, once the patch was found good. `draft`: its release.
    `activation`: that release, ready to answer.
    """

    request: PatchRequest
    base: Release
    attempt: Attempt
    progress: Progress
    watch: Stopwatch = field(default_factory=Stopwatch)
    chosen: Plan | None = None
    draft: Draft | None = None
    activation: Activation | None = None

    @property
    def plan(self) -> Plan:
        """The plan of a patch that was found good."""
        assert self.chosen is not None, "the patch was found good"
        return self.chosen

    @property
    def release(self) -> Release:
        """The release that was staged."""
        assert self.draft is not None, "the release is staged"
        return self.draft.release

    def told(self, stage: str) -> Callable[[str], None]:
        """Progress of one stage."""

        def tell(message: str) -> None:
            self.progress(stage, message)

        return tell
