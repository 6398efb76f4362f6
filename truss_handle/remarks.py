"""What people should know besides the answer: findings in a config, oddities of what runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from truss_handle.values import Progress, RunningStatus

_MOST = 10  # lines: what a start says about other things must stay in sight


async def report(truss_dir: Path, progress: Progress) -> None:
    """One event per error and warning, placed as in `control-truss validate`."""
    from truss_handle.checking import check

    found = [f for f in await asyncio.to_thread(check, truss_dir) if f["severity"] != "hint"]
    shown = found if len(found) <= _MOST else found[: _MOST - 1]
    for finding in shown:
        progress(ProgressEvent("check", _line(truss_dir, finding)))
    if len(shown) < len(found):
        more = len(found) - len(shown)
        progress(ProgressEvent("check", f"and {more} more: `control-truss validate {truss_dir}`"))


async def unreadable_model(truss_dir: Path) -> str | None:
    """Where the model is no Python, in a line: nothing could load it."""
    from truss_handle.checking import check

    found = await asyncio.to_thread(check, truss_dir)
    return next((_line(truss_dir, f) for f in found if f["code"] == "model-syntax"), None)


def remarked(status: RunningStatus) -> RunningStatus:
    """The status, with a message where its fields alone would mislead."""
    truss_dir = status.truss_dir
    if status.id is not None and not truss_dir.is_dir():
        message = f"its folder is gone: `control-truss down {truss_dir}` ends it"
        return replace(status, message=message)
    if status.state == "stopped" and status.url is not None:
        message = f"its model was stopped: `control-truss up {truss_dir}` loads it again"
        return replace(status, message=message)
    if status.in_sync is False and not status.control:
        # No patch brings it into sync, and "no: patch it" would send people the wrong way.
        message = f"the files have changed: `control-truss up {truss_dir}` replaces it"
        return replace(status, in_sync=None, message=message)
    return status


def _line(truss_dir: Path, finding: dict[str, Any]) -> str:
    path = Path(finding["path"])
    place = path.relative_to(truss_dir) if path.is_relative_to(truss_dir) else path
    return f"{place}:{finding['line']}:{finding['column']} {finding['message']}"
