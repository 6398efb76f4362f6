"""Writes docs/benchmarks.md from the newest results."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.report import RESULTS

DOCUMENT = RESULTS.parent.parent / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench` from `benchmarks/results/*.json`. What stands here was measured on a shared
machine with two cores, so read ratios rather than absolutes. What is compared side by side was run
in one go. `to reach` is the bound set for this version.
"""


def write() -> None:
    """Renders every result that there is."""
    sections = [
        _section(path.stem, json.loads(path.read_text())) for path in sorted(RESULTS.glob("*.json"))
    ]
    DOCUMENT.write_text("\n".join([HEAD, *sections]))


def _section(name: str, result: dict[str, Any]) -> str:
    plot = DOCUMENT.parent / "images" / f"bench-{name}.svg"
    lines = [
        f"## {result['title']}",
        "",
        *([f"![{result['title']}](images/{plot.name})", ""] if plot.exists() else []),
        "| what | median | p95 | to reach | samples |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_line(row) for row in result["rows"]),
        "",
        *([note, ""] if (note := result.get("note")) else []),
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    unit = row["unit"]
    target = "" if row["target"] is None else f"{row['target']:g} {unit}"
    what = row["what"].strip()
    numbers = f"{row['median']:,.2f} {unit} | {row['p95']:,.2f} {unit}"
    return f"| {what} | {numbers} | {target} | {len(row['values'])} |"


if __name__ == "__main__":
    write()
