"""What features return: plain data in the client's position units, free of any protocol library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "information", "hint"]
SymbolKind = Literal["block", "list", "text", "number", "boolean", "null"]
Json = dict[str, Any]
SOURCE = "Control Truss"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Zero-based line, and character in units of the negotiated encoding."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Range:
    start: Position
    end: Position

    def touches(self, other: Range) -> bool:
        """Whether the two share a character or meet at an edge (a cursor is an empty range)."""
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True, slots=True)
class Location:
    """A range of some document."""

    uri: str
    range: Range


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a problem."""

    uri: str
    range: Range
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One diagnostic."""

    range: Range
    severity: Severity
    code: str
    message: str
    related: tuple[Related, ...] = ()
    tags: tuple[str, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True)
class TextEdit:
    range: Range
    new_text: str


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Edits of one document; ``version`` None means the file as it is on disk."""

    uri: str
    version: int | None
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to create with a text; never over one that is there."""

    uri: str
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A code action: edits, a command, or a reason why it is not possible now."""

    title: str
    kind: str
    edits: tuple[FileEdit, ...] = ()
    new_files: tuple[NewFile, ...] = ()
    command: str | None = None
    argument: Json | None = None
    disabled: str | None = None
    preferred: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Hover:
    """Markdown about a range."""

    range: Range
    text: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion item; ``replace`` is what it stands in for.

    ``about`` is the path of the key whose documentation belongs to it. A ``snippet`` has places to
    fill in, and its lines after the first leave out the ``margin`` of the line it is put on.
    """

    label: str
    kind: Literal["key", "value", "snippet", "file", "folder", "package"]
    detail: str
    new_text: str
    replace: Range
    sort: str
    deprecated: bool = False
    filter: str = ""
    about: tuple[str, ...] = ()
    snippet: bool = False
    margin: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """An entry of the outline: ``range`` with all that is in it, ``name_range`` to jump to."""

    name: str
    detail: str
    kind: SymbolKind
    range: Range
    name_range: Range
    children: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines that can be folded away behind the first."""

    first: int
    last: int
    comment: bool = False


@dataclass(frozen=True, slots=True)
class Lens:
    """A line of text above a range that runs a command when it is clicked."""

    range: Range
    title: str
    command: str
    argument: Json


@dataclass(frozen=True, slots=True)
class Hint:
    """A few words inside the text that are no part of it."""

    position: Position
    label: str
    tooltip: str = ""
