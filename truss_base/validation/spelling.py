"""Faults of the text itself that the data no longer shows: lost keys, values YAML has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.wording import shorten
from truss_base.document import Mapping, Scalar, resolve
from truss_base.document.scalars import MeaninglessScalarError, value_of
from truss_base.validation.findings import Edit, Finding, Fix, Related
from truss_base.validation.placing import span
from truss_base.validation.removing import entry_removal
from truss_base.validation.rewriting import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.document import Document, Duplicate


def duplicate_keys(document: Document) -> Iterator[Finding]:
    """Keys of which all but the last are lost."""
    for duplicate in document.duplicates:
        start, end = span(duplicate.again.key)
        message = f"`{shorten(str(duplicate.key))}` is given twice: only this one counts"
        first = Related(*span(duplicate.first.key), "the one that is lost")
        fixes = tuple(_without_one(document, duplicate))
        yield Finding(start, end, "duplicate-key", "warning", message, (first,), fixes)


def _without_one(document: Document, duplicate: Duplicate) -> Iterator[Fix]:
    """The one that is lost goes without a change of meaning; the other may be the mistake."""
    name = shorten(str(duplicate.key))
    for entry, title in (
        (duplicate.first, f"Remove the first `{name}`, which is lost"),
        (duplicate.again, f"Remove this `{name}`, so that the first one counts"),
    ):
        if (edit := entry_removal(document, entry)) is not None:
            yield Fix(title, (edit,), preferred=entry is duplicate.first)


def coerced_variables(document: Document) -> Iterator[Finding]:
    """Environment variables that arrive with other text than was written."""
    node = document.node(("environment_variables",))
    section = resolve(node) if node is not None else None
    if not isinstance(section, Mapping):
        return
    for entry in section.entries:
        value = entry.value
        if not isinstance(value, Scalar) or not value.is_plain:
            continue
        arriving = _arriving(value)
        if arriving is not None and arriving != value.text:
            yield _coerced(document, entry.key.start, entry.key.end, value, arriving)


def _arriving(value: Scalar) -> str | None:
    try:
        made = value_of(value)
    except MeaninglessScalarError:
        return None
    return str(made).lower() if isinstance(made, bool) else str(made)


def _coerced(
    document: Document, key_start: int, key_end: int, value: Scalar, arriving: str
) -> Finding:
    if value.start >= value.end:
        message = f"an empty value arrives as the text {arriving!r}: write '' for no text"
        edit = Edit(value.start, value.start, " ''")
        fix = Fix("Write ''", (edit,), preferred=True)
        return Finding(key_start, key_end, "coerced", "warning", message, fixes=(fix,))
    raw = document.text[value.start : value.end]
    message = f"{shorten(raw)} arrives as the text {arriving!r}: put quotes around it"
    quoted = written(raw, "'")
    edit = Edit(value.start, value.end, quoted)
    fix = Fix(f"Put quotes around it: {quoted}", (edit,), preferred=True)
    return Finding(value.start, value.end, "coerced", "warning", message, fixes=(fix,))
