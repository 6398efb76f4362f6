"""`# truss: ignore[code]`: findings the author does not want to see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from truss_base.document import LineIndex
    from truss_base.validation.findings import Finding

_COMMENT = re.compile(r"#\s*truss:\s*ignore(?:\[(?P<codes>[^\]#]*)\])?\s*$")
_EVERYTHING = "*"


@dataclass(slots=True)
class Suppressions:
    """Codes to leave out: everywhere, and by line."""

    everywhere: set[str] = field(default_factory=set)
    by_line: dict[int, set[str]] = field(default_factory=dict)

    def hides(self, code: str, line: int) -> bool:
        """Whether the author has asked not to see this."""
        codes = self.everywhere | self.by_line.get(line, set())
        return code in codes or _EVERYTHING in codes


def read_suppressions(text: str, lines: LineIndex) -> Suppressions:
    """The comments of a text. Above the first key one holds for the file, at the end of a line
    for that line, on a line of its own for the next."""
    found = Suppressions()
    if "truss:" not in text:
        return found
    at_top = True
    for number in range(len(lines)):
        line = lines.line_text(number)
        match = _COMMENT.search(line)
        is_comment = line.lstrip().startswith("#")
        at_top = at_top and (is_comment or not line.strip() or line.startswith("---"))
        if match is None:
            continue
        codes = {code.strip() for code in (match["codes"] or _EVERYTHING).split(",")}
        if at_top:
            found.everywhere |= codes
        else:
            found.by_line.setdefault(number + is_comment, set()).update(codes)
    return found


def unsuppressed(findings: Iterable[Finding], text: str, lines: LineIndex) -> list[Finding]:
    """The findings in a text that are to be shown."""
    hidden = read_suppressions(text, lines)
    return [
        finding
        for finding in findings
        if not hidden.hides(finding.code, lines.line_at(finding.start))
    ]
