"""A status, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_handle.problems import describe
from truss_handle.setbacks import setback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_handle.values import RunningStatus


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
        "in sync": _in_sync(status),
        "loaded in": f"{status.load_seconds:.2f} s" if status.load_seconds is not None else None,
        "memory": ", ".join(f"{k} {v:.0f} MB" for k, v in status.memory_mb.items() if v) or None,
        "last error": describe(status.last_error) if status.last_error else None,
    }
    for name, value in rows.items():
        if value is not None:
            yield f"{name:>10}  {value}"
    if said := setback(status):
        yield said


def _in_sync(status: RunningStatus) -> str | None:
    if status.in_sync is None:
        return None
    if status.in_sync:
        return "yes"
    # Which version is on its way is known; what a patch of this very moment would find, is not.
    return "not yet" if status.raw.get("pending") else "no: patch it"
