"""The model's class: there, under its name, and able to serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.validation.findings import Edit, Finding, Fix
from truss_base.validation.placing import key_range, value_range
from truss_base.validation.rewriting import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config import TrussConfig
    from truss_base.document import Document
    from truss_base.validation.outline import Outline

_ENTRIES = ("predict", "websocket")
_OPENAI = ("chat_completions", "completions", "embeddings", "messages", "responses")
_MOST_NAMED = 5


def class_findings(
    document: Document, config: TrussConfig, outline: Outline, relative: str
) -> Iterator[Finding]:
    """What makes the model's file unable to serve."""
    name = config.model_class_name
    found = outline.classes.get(name)
    if found is None:
        if not outline.others.intersection((name, "*")):
            yield _no_class(document, name, tuple(outline.classes), relative)
        return
    place, methods = found
    if methods is not None and not methods.intersection((*_ENTRIES, *_OPENAI)):
        message = f"`{name}` has no method `predict`"
        yield Finding(place.start, place.end, "model-class", "warning", message, path=relative)


def _no_class(document: Document, name: str, classes: tuple[str, ...], relative: str) -> Finding:
    message = f"there is no class `{name}` in {relative}"
    if classes:
        named = ", ".join(f"`{known}`" for known in classes[:_MOST_NAMED])
        message += f": there {'is' if len(classes) == 1 else 'are'} {named}"
    else:
        message += ", and no other"
    fixes = tuple(_use(document, known, len(classes) == 1) for known in classes[:_MOST_NAMED])
    return Finding(*_config_place(document), "model-class", "warning", message, fixes=fixes)


def _use(document: Document, name: str, only: bool) -> Fix:
    """`model_class_name` set to the name of a class there is."""
    node = document.node(("model_class_name",))
    if node is not None and node.start < node.end:
        edit = Edit(node.start, node.end, written(name, getattr(node, "style", "")))
    else:
        start, _ = key_range(document, ())
        edit = Edit(start, start, f"model_class_name: {name}{document.lines.newline}")
    return Fix(f"Use the class `{name}`", (edit,), preferred=only)


def _config_place(document: Document) -> tuple[int, int]:
    for name in ("model_class_name", "model_class_filename"):
        if document.entry((name,)) is not None:
            return value_range(document, (name,))
    return key_range(document, ())
