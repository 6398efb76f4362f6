"""Secrets: those the code reads against those the config declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.document import Mapping, Scalar
from truss_base.validation.findings import Edit, Finding, Fix
from truss_base.validation.placing import key_range
from truss_base.validation.rewriting import leads_to, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config import TrussConfig
    from truss_base.document import Document
    from truss_base.validation.sources import Source, Sources

_CONFIG = "config.yaml"
# What the platform itself reads where weights are fetched, whatever the code does.
_IMPLIED = "hf_access_token"
_IMPLIED_BY = ("weights", "model_cache", "cache_internal", "base_image", "training_checkpoints")


def undeclared_secrets(
    document: Document, config: TrussConfig, source: Source
) -> Iterator[Finding]:
    """Secrets a file of the model indexes that no config declares: a KeyError when it runs."""
    for start, end, name in source.outline.secrets.indexed:
        if name not in config.secrets:
            message = f"the secret `{name}` is not declared under `secrets` in the config"
            fixes = tuple(_declaration(document, name))
            yield Finding(start, end, "secret", "warning", message, fixes=fixes, path=source.path)


def _declaration(document: Document, name: str) -> Iterator[Fix]:
    """The secret's name in the config, below the ones that are there."""
    data = document.data or {}
    present = (data.get("secrets") or {}) if isinstance(data, dict) else None
    edit = _declaring(document, written(name, ""))
    if edit is None or not isinstance(present, dict):
        return
    if leads_to(document, (edit,), {**data, "secrets": {**present, name: None}}):
        yield Fix(f"Declare `{name}` in {_CONFIG}", (edit,), preferred=True, path=_CONFIG)


def _declaring(document: Document, key: str) -> Edit | None:
    section = document.node(("secrets",))
    lines, newline = document.lines, document.lines.newline
    line = f"{newline}{' ' * lines.indent_unit}{key}: null"
    if section is None:
        end = len(document.text)
        before = "" if document.text.endswith(("\n", "\r")) or not end else newline
        return Edit(end, end, f"{before}secrets:{line}{newline}")
    if isinstance(section, Scalar):
        # `secrets:` with nothing behind it yet; a remark on its line stays there.
        end = lines.span(lines.line_at(section.start))[1]
        return Edit(end, end, line) if section.start == section.end else None
    if not isinstance(section, Mapping):
        return None
    if section.flow:
        comma = ", " if section.entries else ""
        at = section.entries[-1].value.end if section.entries else section.start + 1
        return Edit(at, at, f"{comma}{key}: null")
    first, last = section.entries[0].key.start, section.entries[-1].value.end
    indent = " " * lines.column(first)
    end = lines.span(lines.line_at(last))[1]
    return Edit(end, end, f"{newline}{indent}{key}: null")


def unused_secrets(document: Document, config: TrussConfig, sources: Sources) -> Iterator[Finding]:
    """Secrets that are declared and nowhere spoken of; none where any might be read unseen."""
    outlines = [source.outline for source in sources.files]
    if not outlines or not sources.complete:
        return
    if any(outline.error is not None or outline.secrets.any_other for outline in outlines):
        return
    for name in config.secrets:
        if not _is_spoken_of(name, document, config, sources):
            where = key_range(document, ("secrets", name))
            message = f"nothing in this Truss reads the secret `{name}`"
            yield Finding(*where, "unused-secret", "hint", message, tags=("unnecessary",))


def _is_spoken_of(name: str, document: Document, config: TrussConfig, sources: Sources) -> bool:
    if any(name in source.text for source in sources.files):
        return True
    if name == _IMPLIED and any(getattr(config, key) for key in _IMPLIED_BY):
        return True
    return document.text.count(name) > 1
