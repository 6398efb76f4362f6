"""A bar chart of rows as SVG: medians on a logarithmic scale, the bound to reach as a mark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.report import RESULTS, Row

IMAGES = RESULTS.parent.parent / "docs" / "images"
LABELS, BARS, LINE, MARGIN = 430, 420, 22, 30
OURS, OTHERS, BOUND = "#2f7d5b", "#9aa3ad", "#c0392b"


def plot(name: str, rows: Sequence[Row]) -> None:
    """Writes docs/images/bench-<name>.svg; every row in the same unit."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / f"bench-{name}.svg").write_text(chart(rows))


def chart(rows: Sequence[Row]) -> str:
    """The picture as text."""
    least = min(min(row.median, row.target or row.median) for row in rows) / 2
    most = max(row.median for row in rows) * 1.2
    height = LINE * len(rows) + 2 * MARGIN

    def at(value: float) -> float:
        share = (math.log(max(value, least)) - math.log(least)) / (math.log(most) - math.log(least))
        return LABELS + share * BARS

    lines = [line for number, row in enumerate(rows) for line in _bar(row, number, at(row.median))]
    for number, row in enumerate(rows):
        if row.target is not None:
            lines.append(_mark(number, at(row.target)))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABELS + BARS + 110}" '
        f'height="{height}" font-family="sans-serif" font-size="12">'
    )
    note = f'<text x="{LABELS}" y="{height - 8}" fill="{BOUND}">| the bound to reach</text>'
    return "\n".join(
        [head, '<rect width="100%" height="100%" fill="#fff"/>', *lines, note, "</svg>\n"]
    )


def _bar(row: Row, number: int, end: float) -> tuple[str, ...]:
    top = MARGIN + number * LINE
    colour = OTHERS if "existing" in row.what else OURS
    width = f"{end - LABELS:.1f}"
    return (
        f'<text x="{LABELS - 8}" y="{top + 13}" text-anchor="end">{escape(row.what)}</text>',
        f'<rect x="{LABELS}" y="{top + 3}" width="{width}" height="13" fill="{colour}"/>',
        f'<text x="{end + 5:.1f}" y="{top + 14}">{row.median:,.3g} {row.unit}</text>',
    )


def _mark(number: int, place: float) -> str:
    top = MARGIN + number * LINE
    return (
        f'<line x1="{place:.1f}" x2="{place:.1f}" y1="{top}" y2="{top + 19}" '
        f'stroke="{BOUND}" stroke-width="2"/>'
    )
