"""What a patch is answered with: results, refusals, failures. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from control.plane.exceptions import DownloadFailed, LoadFailed, PatchFailed, one_line
from truss_base.plan import Change, Plan, Strategy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from control.plane.patching.stopwatch import Stopwatch
    from control.plane.releases.release import Release

Answer = dict[str, Any]
UNCHANGED = "This version is running already; there was nothing to do."
APPLIED = "Patch applied successfully"
PREPARED = "Prepared: the patch that leads to this version has less to do."
PLANNED = "Nothing was changed: this is what the patch would do."


def rebuild_message(chosen: Plan) -> str:
    """Why only a rebuild can realise a plan."""
    reasons = [
        f"{change.subject}: {change.reason}"
        for change in chosen.changes
        if change.strategy is Strategy.REBUILD
    ]
    return f"This change needs a rebuild: {one_line(reasons)}"


def reloading(chosen: Plan, reasons: Sequence[str]) -> Plan:
    """The plan when the serving process cannot take the release over."""
    changes = [
        Change("model", Strategy.RELOAD, f"no hot swap, since {reason}: reload")
        for reason in reasons
    ]
    return Plan.of([*changes, *chosen.changes], upper_bound=chosen.upper_bound)


def asked_for(wish: str, chosen: Plan) -> Plan:
    """The plan when a new process was asked for, whatever the changes need."""
    change = Change("model", Strategy.RELOAD, f"{wish} was asked for")
    return Plan.of([change, *chosen.changes], upper_bound=chosen.upper_bound)


def as_problem(failure: BaseException) -> BaseException:
    """The failure of an activation as the caller hears of it."""
    if isinstance(failure, LoadFailed):
        return PatchFailed(f"The new version does not load: {failure}", failure.error)
    if isinstance(failure, DownloadFailed):
        return PatchFailed(f"{failure}.")
    if isinstance(failure, OSError):
        return PatchFailed(f"The new version could not be made live ({failure.strerror}).")
    return failure


def unchanged(base: Release, watch: Stopwatch) -> Answer:
    """The answer when the wanted version is live already."""
    return {
        "msg": UNCHANGED,
        "hash": base.hash,
        "prev_hash": base.hash,
        "strategy": Strategy.SYNC.label,
        "reasons": [],
        "timings_ms": watch.timings_ms(),
    }


def answer(msg: str, base: Release, wanted: str, chosen: Plan, watch: Stopwatch) -> Answer:
    """The answer to a patch that was applied, or planned."""
    return {
        "msg": msg,
        "hash": wanted,
        "prev_hash": base.hash,
        **chosen.to_dict(),
        "timings_ms": watch.timings_ms(),
    }


def details(wanted: str, chosen: Plan, watch: Stopwatch) -> dict[str, Any]:
    """What the journal and the history keep of a patch."""
    return {
        "hash": wanted,
        "strategy": chosen.strategy.label,
        "timings_ms": watch.timings_ms(),
    }
