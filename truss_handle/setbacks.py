"""Why the newest version is not the one that runs: it did not load, or was taken back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_handle.problems import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_handle.values import RunningStatus


def setback(status: RunningStatus) -> str | None:
    """The setback since the last success, in one line; None where there was none, or where these
    files are what runs: whoever has undone a mistake needs to hear no more of it."""
    if status.in_sync:
        return None
    if isinstance(taken_back := status.raw.get("rolled_back_from"), dict):
        return f"taken back: {taken_back['hash'][:12]}, since {taken_back['error']}"
    if said := _failed_patch(status):
        return f"last patch failed: {said}"
    return None


def _failed_patch(status: RunningStatus) -> str | None:
    if "last_patch_error" in status.raw:
        failure = status.raw["last_patch_error"]
    else:
        # Control planes that do not tell it apart: the newest entry says how the last one went.
        newest = status.patches[-1] if status.patches else {}
        failure = None if newest.get("ok", True) else newest
    return _said(failure) if isinstance(failure, dict) else None


def _said(failure: Mapping[str, Any]) -> str:
    for cause in (failure.get("model_error"), failure.get("error")):
        if isinstance(cause, dict):
            return describe(cause)
        if cause:
            return " ".join(str(cause).split())
    return "its reason is not known here: look at `control-truss logs`"
