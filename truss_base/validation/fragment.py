"""One key with its value, cut out of a text: what an edit of it leads to is seen without the rest.

A config may have hundreds of faults; reading all of it again for the fix of each would take long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from truss_base.config.fields import lookup
from truss_base.document import Document, Mapping, resolve
from truss_base.validation.findings import Edit, Fix
from truss_base.validation.rewriting import leads_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truss_base.config.faults import Fault, Path
    from truss_base.document import Entry

_LONGEST = 8_000
_REMARK = re.compile(r"#.*")


@dataclass(frozen=True)
class Fragment:
    """A key and its value at a path; `flow` where it stands between braces."""

    document: Document
    path: Path
    entry: Entry
    flow: bool

    @cached_property
    def value(self) -> Any:
        """The value as data."""
        held = self.document.data
        for step in self.path:
            held = held[step]
        return held

    @cached_property
    def gap(self) -> str:
        """What stands between the key and the value: the colon, and perhaps a line's end."""
        return self.document.text[self.entry.key.end : self.entry.value.start]

    @property
    def is_plain(self) -> bool:
        """Whether nothing is in the gap that says more of the value: no anchor, no tag."""
        return _REMARK.sub("", self.gap).strip() == ":"

    @property
    def column(self) -> int:
        """How far the key is indented; a dash in front of it counts as blank."""
        return self.column_of(self.entry.key.start)

    def column_of(self, index: int) -> int:
        return self.document.lines.column(index)

    def empty(self, brackets: str) -> Fix | None:
        """Brackets in place of nothing, also of one that is written out: null, or a text."""
        node = self.entry.value
        space = "" if self.gap.endswith(" ") else " "
        kind = "list" if brackets == "[]" else "mapping"
        edit = Edit(node.start, node.end, f"{space}{brackets}")
        # Not preferred: whoever has just written the key may be about to write more.
        return self.fix(f"Make it an empty {kind}", [edit], [] if kind == "list" else {}, False)

    def fix(self, title: str, edits: Sequence[Edit], value: Any, exact: bool) -> Fix | None:
        """The fix whose edits lead to a value; None where they do not, or it is no better.

        `exact` says that nothing was guessed: such a fix is preferred if nothing is left to mend.
        """
        faults = self._faults(value)
        if any(fault.code == "type" for fault in faults) or not self._leads_to(edits, value):
            return None
        return Fix(title, tuple(edits), preferred=exact and not faults)

    def _faults(self, value: Any) -> list[Fault]:
        """What the loader would refuse in a value at this place."""
        found: list[Fault] = []
        field = lookup(self.path, self.document.data)
        if field is not None:
            field.kind.check(value, self.path, found.append)
        return [fault for fault in found if fault.severity == "error"]

    def _leads_to(self, edits: Sequence[Edit], value: Any) -> bool:
        start, end = self.entry.key.start, self.entry.value.end
        lines = self.document.lines
        if not self.flow:
            end = lines.span(lines.line_at(max(end - 1, start)))[1]
        front, back = ("{", "}") if self.flow else (" " * self.column, "\n")
        shift = len(front) - start
        moved = [Edit(one.start + shift, one.end + shift, one.replacement) for one in edits]
        cut = Document.parse(front + self.document.text[start:end] + back)
        return leads_to(cut, moved, {self.path[-1]: value})


def fragment_at(document: Document, path: Path) -> Fragment | None:
    """The key at a path with its value; None for entries of lists, and of what is very long."""
    entry = document.entry(path)
    if entry is None or entry.value.end - entry.key.start > _LONGEST:
        return None
    section = document.node(path[:-1])
    parent = resolve(section) if section is not None else None
    found = Fragment(document, path, entry, isinstance(parent, Mapping) and parent.flow)
    return found if found.is_plain else None
