"""Rewriting a text by edits: how values are written, and whether the result says what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.document import Document, Scalar
from truss_base.document.scalars import TEXT, tag_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from truss_base.validation.findings import Edit


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits, no two of which touch the same characters."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def leads_to(document: Document, edits: Iterable[Edit], data: Any) -> bool:
    """Whether a text reads as exactly this data after the edits, and keeps its comments."""
    after = edited(document.text, edits)
    mended = Document.parse(after)
    comments = after.count("#") >= document.text.count("#")
    return comments and not mended.problems and bool(mended.data == data)


def written(text: str, style: str) -> str:
    """Text as a YAML scalar: in the given quotes, or plain where plain text would stay text."""
    if style == '"' and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    if style == "" and _stays_text(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def as_entry(line: str) -> str:
    """A line of requirements as an entry of a list, what is remarked on it behind it."""
    value, mark, remark = line.partition(" #")
    return f"{written(value.strip(), '')}{'  #' if mark else ''}{remark}"


def _stays_text(text: str) -> bool:
    if not text or text != text.strip() or text[0] in "&*!|>%@`'\"#,[]{}?:-":
        return False
    if ": " in text or " #" in text or text.endswith(":") or not text.isprintable():
        return False
    return tag_of(Scalar(0, len(text), text, "", None)) == TEXT
