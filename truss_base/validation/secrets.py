"""Secrets: those the code reads against those the config declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.validation.findings import Finding
from truss_base.validation.placing import key_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config import TrussConfig
    from truss_base.document import Document
    from truss_base.validation.sources import Source, Sources

# What the platform itself reads where weights are fetched, whatever the code does.
_IMPLIED = "hf_access_token"
_IMPLIED_BY = ("weights", "model_cache", "cache_internal", "base_image", "training_checkpoints")


def undeclared_secrets(config: TrussConfig, source: Source) -> Iterator[Finding]:
    """Secrets a file of the model indexes that no config declares: a KeyError when it runs."""
    for start, end, name in source.outline.secrets.indexed:
        if name not in config.secrets:
            message = f"the secret `{name}` is not declared under `secrets` in the config"
            yield Finding(start, end, "secret", "warning", message, path=source.path)


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
