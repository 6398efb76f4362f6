"""`GET /control/status`: everything there is to know, as one object."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from control.plane import VERSION
from control.plane.releases.complete_config import read_config
from control.plane.supervisor.memory import MEBIBYTE, memory_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from control.plane.plane import ControlPlane
    from control.plane.supervisor.process import InferenceProcess


async def status_of(plane: ControlPlane) -> dict[str, Any]:
    """What there is to know now."""
    config = await asyncio.to_thread(read_config, plane.store.live.tree)
    # All the rest in one moment, so that it fits together.
    live, supervisor, patcher = plane.store.live, plane.supervisor, plane.patcher
    current, spare = supervisor.current, supervisor.spare
    rolled_back = plane.store.journal.last_rollback()
    return {
        "hash": live.hash,
        "pending": patcher.pending,
        "state": "patching" if patcher.is_patching else supervisor.state,
        "release": live.id,
        "environment": live.environment_id,
        "truss": config.model_name or (plane.settings.truss.name if plane.settings.truss else None),
        "version": VERSION,
        "uptime_seconds": round(plane.uptime, 3),
        "load_seconds": current.load_seconds if current else None,
        "spare_ready": spare.is_ready,
        **plane.settling.status(),
        "memory_mb": _memory(current, spare.process),
        "last_error": supervisor.last_error,
        "healthy": plane.rollback.has_passed(live.id),
        "rolled_back_from": rolled_back and _without_release(rolled_back),
        "last_patch_error": patcher.last_failure,
        "patches": patcher.history,
        "pid": {"control": os.getpid(), "inference": current.pid if current else None},
    }


def _memory(
    current: InferenceProcess | None, spare: InferenceProcess | None
) -> dict[str, float | None]:
    def megabytes(pid: int) -> float:
        return round(memory_bytes(pid) / MEBIBYTE, 1)

    return {
        "control": megabytes(os.getpid()),
        "inference": megabytes(current.pid) if current else None,
        "spare": megabytes(spare.pid) if spare else None,
    }


def _without_release(rollback: Mapping[str, Any]) -> dict[str, Any]:
    return {key: rollback[key] for key in ("hash", "at", "error") if key in rollback}
