"""The outcome for people: a table of differences, each with the line to change."""

from __future__ import annotations

from collections.abc import Iterator

from drift.accepted import Review
from drift.difference import Difference
from drift.places import line_of

_COLUMNS = ("kind", "where", "ours", "theirs", "times", "line to change")
_WIDEST = 60
_LONGEST_EXAMPLE = 400


def lines(review: Review) -> Iterator[str]:
    """The table of what is left, then what is meant, then what is stale."""
    if review.left:
        yield from _table([_row(difference) for difference in review.left])
        for found in review.left:
            if found.example:
                yield f"e.g. {found.where}: {_cut(found.example, _LONGEST_EXAMPLE)}"
    for entry in {id(entry): entry for _, entry in review.covered}.values():
        times = sum(found.times for found, by in review.covered if by is entry)
        yield f"meant: {entry.kind} {entry.where} ({times}x): {entry.reason}"
    for entry in review.stale:
        yield f"stale: {entry.kind} {entry.where} matches nothing any more; remove it from the list"


def _row(difference: Difference) -> tuple[str, ...]:
    return (
        difference.kind,
        difference.where,
        difference.ours or "-",
        difference.theirs or "-",
        str(difference.times),
        line_of(difference.path),
    )


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    cut = [tuple(_cut(cell) for cell in row[:-1]) + row[-1:] for row in (_COLUMNS, *rows)]
    widths = [max(len(row[column]) for row in cut) for column in range(len(_COLUMNS))]
    for row in cut:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cut(cell: str, most: int = _WIDEST) -> str:
    return cell if len(cell) <= most else f"{cell[: most - 1]}…"
