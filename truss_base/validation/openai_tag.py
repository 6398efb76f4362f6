"""Advice on `trt_llm`: whether OpenAI's clients can talk to the model is a choice to be made."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import TYPE_CHECKING

from truss_base.config.definitions.root_rules import LEGACY_OPENAI_TAG, OPENAI_TAG
from truss_base.document import Mapping, Sequence, resolve
from truss_base.validation.findings import Edit, Finding, Fix
from truss_base.validation.placing import key_range, value_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.document import Document

_TAGS = ("model_metadata", "tags")


def openai_tag(document: Document, data: AnyMapping[str, object]) -> Iterator[Finding]:
    """A hint where an engine of the first stack has neither of the tags, or the legacy one."""
    if not _asks_for_a_tag(data.get("trt_llm")):
        return
    tags = _tags(data)
    if tags is None or OPENAI_TAG in tags:
        return
    if LEGACY_OPENAI_TAG in tags:
        message = f"the tag {LEGACY_OPENAI_TAG!r} is deprecated: OpenAI's clients need {OPENAI_TAG}"
        where = value_range(document, (*_TAGS, tags.index(LEGACY_OPENAI_TAG)))
        edit = Edit(*where, OPENAI_TAG)
        fixes: tuple[Fix, ...] = (Fix(f"Change to {OPENAI_TAG}", (edit,)),)
    else:
        message = f"a push adds the tag {OPENAI_TAG!r} to `model_metadata.tags`: make the choice"
        where = key_range(document, ("trt_llm",))
        fixes = tuple(_addition(document))
    yield Finding(*where, "openai-tag", "hint", message, fixes=fixes)


def _asks_for_a_tag(trt_llm: object) -> bool:
    if not isinstance(trt_llm, AnyMapping) or trt_llm.get("inference_stack", "v1") != "v1":
        return False
    build = trt_llm.get("build")
    return isinstance(build, AnyMapping) and build.get("base_model", "decoder") == "decoder"


def _tags(data: AnyMapping[str, object]) -> list[object] | None:
    """The tags of the model; None where they are no list."""
    metadata = data.get("model_metadata", {})
    tags = metadata.get("tags", []) if isinstance(metadata, AnyMapping) else None
    return tags if isinstance(tags, list) else None


def _addition(document: Document) -> Iterator[Fix]:
    edit = _edit(document)
    if edit is not None:
        yield Fix(f"Add the tag `{OPENAI_TAG}`", (edit,), preferred=True)


def _edit(document: Document) -> Edit | None:
    metadata, tags = document.node(_TAGS[:1]), document.node(_TAGS)
    if tags is not None:
        return _into(document, tags, f"- {OPENAI_TAG}")
    if metadata is not None:
        return _into(document, metadata, f"tags: [{OPENAI_TAG}]")
    start, _ = key_range(document, ("trt_llm",))
    if document.lines.column(start):
        return None
    lines = ("model_metadata:", "  tags:", f"  - {OPENAI_TAG}", "")
    return Edit(start, start, document.lines.newline.join(lines))


def _into(document: Document, node: object, line: str) -> Edit | None:
    """A line in front of the first one of a block collection."""
    if not isinstance(node, (Mapping, Sequence)) or node.flow or resolve(node) is not node:
        return None
    indent = " " * document.lines.column(node.start)
    return Edit(node.start, node.start, f"{line}{document.lines.newline}{indent}")
