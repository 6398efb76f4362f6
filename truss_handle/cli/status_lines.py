"""A status, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_handle.problems import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_handle.values import RunningStatus

_IN_SYNC = {True: "yes", False: "no: patch it"}


def status_lines(status: RunningStatus) -> Iterator[str]:
    """One line per fact that is known."""
    rows = {
        "Truss": status.truss_dir,
        "state": "patching …" if status.raw.get("pending") else status.state,
        "note": status.message,
        "runtime": status.runtime,
        "url": status.url,
        "runs": status.hash,
        "on disk": status.local_hash,
        "in sync": None if status.in_sync is None else _IN_SYNC[status.in_sync],
        "loaded in": f"{status.load_seconds:.2f} s" if status.load_seconds is not None else None,
        "memory": ", ".join(f"{k} {v:.0f} MB" for k, v in status.memory_mb.items() if v) or None,
        "last error": describe(status.last_error) if status.last_error else None,
    }
    for name, value in rows.items():
        if value is not None:
            yield f"{name:>10}  {value}"
    if isinstance(taken_back := status.raw.get("rolled_back_from"), dict):
        yield f"taken back: {taken_back['hash'][:12]}, since {taken_back['error']}"
    elif said := failed_patch(status):
        yield f"last patch failed: {said}"


def failed_patch(status: RunningStatus) -> str | None:
    """Why the newest patch failed; None where it did not."""
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
