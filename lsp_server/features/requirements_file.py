"""Lines of the file that the config names for its requirements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """A line without its remark, and the characters that it takes."""

    text: str
    start: int
    end: int


def requirement_line(
    snapshot: Snapshot, index: int, around: Surroundings
) -> RequirementLine | None:
    """None in every other file: only the config tells what this one is for."""
    if snapshot.path is None or snapshot.path.suffix != ".txt":
        return None
    view = around.view()
    file = view.settings.requirements_file if view is not None else None
    if view is None or not file or view.folder / file != snapshot.path:
        return None
    start, end = snapshot.lines.span(snapshot.lines.line_at(index))
    text = snapshot.text[start:end].partition(" #")[0].rstrip()
    return RequirementLine(text, start, start + len(text))
