"""One version of one document, frozen: what every feature reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lsp_server.items import Position, Range

if TYPE_CHECKING:
    from pathlib import Path

    from truss_base.document import Document, Encoding, LineIndex
    from truss_base.validation import Finding

CONFIG_NAME = "config.yaml"
MOST_CHARACTERS = 1_000_000  # more takes seconds to check, and no config of a Truss is as long


@dataclass(frozen=True)
class Snapshot:
    """A document's text at one version. What derives from it is computed once, when asked for.

    ``truss`` is the Truss that the file belongs to, if any.
    ``encoding`` is the negotiated one: utf-8, utf-16 or utf-32.
    """

    uri: str
    path: Path | None
    version: int
    text: str
    encoding: Encoding
    truss: Path | None = None

    @property
    def is_config(self) -> bool:
        """Whether this is the config of a Truss (not just any file of that name)."""
        return (
            self.path is not None
            and self.path.name == CONFIG_NAME
            and self.truss == self.path.parent
        )

    @cached_property
    def lines(self) -> LineIndex:
        from truss_base.document import LineIndex

        return LineIndex(self.text)

    @cached_property
    def document(self) -> Document:
        """The text as YAML; never fails, what does not parse is in its problems."""
        from truss_base.document import Document

        return Document.parse(self.text, self.lines)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the Truss of this config, in all its files; empty for other files."""
        if not self.is_config:
            return ()
        from truss_base.document.collection import collection_paused
        from truss_base.validation import Finding, findings_of

        if len(self.text) > MOST_CHARACTERS:
            end = self.lines.span(0)[1]
            message = f"over {MOST_CHARACTERS:,} characters, which is not checked while editing"
            return (Finding(0, end, "too-large", "warning", message),)
        with collection_paused():
            return tuple(findings_of(self.document, self.truss))

    def position(self, index: int) -> Position:
        line, character = self.lines.position(index, self.encoding)
        return Position(line, character)

    def range(self, start: int, end: int) -> Range:
        return Range(self.position(start), self.position(end))

    def index(self, position: Position) -> int:
        """Character index of a position; beyond the end of a line or of the text means its end."""
        return self.lines.index(position.line, position.character, self.encoding)

    def edited(self, version: int, text: str) -> Snapshot:
        return replace(self, version=version, text=text)

    def refreshed(self, truss: Path | None) -> Snapshot:
        """The same text with nothing remembered: what lies on disk around it has changed."""
        return replace(self, truss=truss)
