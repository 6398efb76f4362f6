"""Comments that suppress what is said about a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.features.completion.place import Place
    from lsp_server.snapshot import Snapshot

PREFIX = "# truss: ignore"


def comments(snapshot: Snapshot, place: Place) -> Iterator[Suggestion]:
    """`# truss: ignore[code]` for what is found on the line, or below a comment of its own."""
    if not PREFIX.startswith(place.word[: len(PREFIX)]):
        return  # somebody writes a remark
    number = snapshot.lines.line_at(place.start)
    first, _ = snapshot.lines.span(number)
    alone = not snapshot.text[first : place.start].strip()
    said = {
        finding.code: finding.message
        for finding in snapshot.findings
        if finding.path is None and snapshot.lines.line_at(finding.start) == number + alone
    }
    for code, message in said.items():
        text = f"{PREFIX}[{code}]"
        yield Suggestion(
            label=text,
            kind="value",
            detail=message,
            new_text=text,
            replace=snapshot.range(place.start, place.end),
            sort=code,
        )
