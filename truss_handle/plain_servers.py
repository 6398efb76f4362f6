"""Plain servers: what an edit of their files leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.strategy import Strategy
from truss_handle.trees import local_hash

if TYPE_CHECKING:
    from truss_handle.settings import Settings
    from truss_handle.values import Running


def plan(settings: Settings, running: Running) -> dict[str, Any]:
    """As `operations.plan`: nothing on the same files, a rebuild on any others."""
    now, runs = local_hash(settings, running.truss_dir), running.details.get("hash")
    changed = now != runs
    strategy = Strategy.REBUILD if changed else Strategy.from_label("S0")
    reason = {
        "subject": "use_control_plane",
        "strategy": strategy.label,
        "reason": "a plain server takes no patches: rebuild",
    }
    found = {
        "strategy": strategy.label,
        "title": strategy.title,
        "upper_bound": False,
        "changed": changed,
        "reasons": [reason] if changed else [],
        "reservation": "",
    }
    return found if changed else {**found, "hash": now, "prev_hash": now}
