"""The server's own state as Markdown, to read and to paste into a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def markdown(
    versions: Mapping[str, str],
    timings: Mapping[str, Mapping[str, float]],
    documents: Sequence[Mapping[str, Any]],
    trusses: Mapping[str, Mapping[str, Any]],
) -> str:
    """Versions, the time each method takes, open documents, and what runs."""
    parts = [
        "# Control Truss language server",
        _table(("", "version"), versions.items()),
        "## Times",
        _table(
            ("method", "calls", "p50 ms", "p95 ms"),
            ((name, one["calls"], one["p50_ms"], one["p95_ms"]) for name, one in timings.items()),
        ),
        "## Documents",
        _table(
            ("uri", "version", "characters"),
            ((one["uri"], one["version"], one["characters"]) for one in documents),
        ),
        "## Trusses",
        _table(
            ("uri", "state", "runtime", "in sync", "hash"),
            (
                (uri, one["state"], one["runtime"], one["in_sync"], str(one["hash"])[:12])
                for uri, one in trusses.items()
            ),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Any) -> str:
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Any) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"
