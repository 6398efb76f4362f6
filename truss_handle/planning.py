"""What a patch would do: said by what runs, or else an upper bound from the last known version."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from truss_base.plan import plan as plan_of
from truss_base.strategy import Strategy
from truss_handle.comparing import difference_now
from truss_handle.exceptions import NotRunning, RebuildNeeded
from truss_handle.memory import Memory
from truss_handle.patching import patch
from truss_handle.signatures import SignatureCache
from truss_handle.trees import tree_of
from truss_handle.values import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from truss_base.signature import Signature
    from truss_handle.settings import Settings
    from truss_handle.values import PatchResult, Running


async def tried(settings: Settings, running: Running) -> PatchResult:
    """What a patch would do. Raises what it raises where it is refused."""
    return await patch(settings, running, dry_run=True, progress=no_progress)


async def plan(settings: Settings, running: Running | None, truss_dir: Path) -> dict[str, Any]:
    """See `operations.plan`."""
    if running is not None and running.control:
        return await _exact_plan(settings, running)
    known = running.details.get("hash") if running is not None else None
    known = known or Memory(settings, truss_dir).last_hash
    base = SignatureCache(settings.signatures).load(str(known)) if known else None
    if base is None:
        raise NotRunning(
            f"nothing runs for {truss_dir}, and no earlier version is known to compare with",
            hint=f"start it with `control-truss up {truss_dir}`",
        )
    return await asyncio.to_thread(_offline_plan, settings, base, truss_dir)


async def _exact_plan(settings: Settings, running: Running) -> dict[str, Any]:
    try:
        result = await tried(settings, running)
    except RebuildNeeded as needed:
        return _plan(Strategy.REBUILD, needed.reasons, changed=True)
    found = _plan(Strategy.from_label(result.strategy), result.reasons, changed=result.changed)
    more = {"hash": result.hash, "prev_hash": result.prev_hash, "reservation": result.reservation}
    return {**found, **more}


def _plan(strategy: Strategy, reasons: Sequence[Any], *, changed: bool) -> dict[str, Any]:
    return {
        "strategy": strategy.label,
        "title": strategy.title,
        "upper_bound": False,
        "changed": changed,
        "reasons": list(reasons),
        "reservation": "",
    }


def _offline_plan(settings: Settings, base: Signature, truss_dir: Path) -> dict[str, Any]:
    found = difference_now(base, tree_of(settings, truss_dir), truss_dir)
    bound = plan_of(None, found.patches, old_config=base.config)
    return {
        **bound.to_dict(),
        "changed": base.hash != found.signature.hash,
        "reservation": "",
        "hash": found.signature.hash,
        "prev_hash": base.hash,
    }
