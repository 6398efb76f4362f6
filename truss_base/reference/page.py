"""The reference of the config, as a Markdown page: a section per block, a row per key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from truss_base.config.blocks import Block, block_of, blocks
from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Kind
from truss_base.config.section import Section, Variants, section_of
from truss_base.strategy import Strategy

_HEAD = """\
# Reference of config.yaml

<!-- Generated from the definitions by `make reference`: do not edit. -->

Every key that a Truss config can have; unknown ones are tolerated by the loader and refused by a
push. Values are converted as by the existing loader: `"5"` is taken for a whole number, `"yes"` for
true; a number is never taken for text. "Since" names the version of truss that brought a key; one
without is as old as 0.4.8. The same for any YAML editor is a [JSON schema](config.schema.json).

What a change of a key leads to in a running container:

| strategy | title |
| --- | --- |
"""


def reference_page() -> str:
    """The whole page."""
    strategies = "".join(f"| {s.label} | {s.title} |\n" for s in Strategy)
    contents = "\n".join(f"- [{_title(block)}](#{_block_anchor(block)})" for block in blocks())
    sections = "\n".join(_block(block) for block in blocks())
    return f"{_HEAD}{strategies}\n## Blocks\n{contents}\n\n{sections}"


def _title(block: Block) -> str:
    return f"`{block.name}`" if block.name else "the root"


def _block_anchor(block: Block) -> str:
    # Not that of its key, which is a row in the table of the block around it.
    return f"block-{block.name or 'root'}"


def _block(block: Block) -> str:
    lines = [f'<a id="{_block_anchor(block)}"></a>', f"## {_title(block)}"]
    if block.field is not None:
        lines += ["", block.field.doc]
    lines += ["", "| key | meaning | type | default | example | a change leads to |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    lines.extend(_row(block, field) for field in block.section.fields)
    lines.extend(_row(block, field) for field in block.section.legacy)
    return "\n".join(lines) + "\n"


def _row(block: Block, field: Field) -> str:
    effect = block.effect_of(field)
    names = "".join(f'<a id="{block.anchor(name)}"></a>' for name in (field.name, *field.aliases))
    cells = (
        f"{names}`{field.name}`",
        " ".join(_meaning(field, block.since(field))),
        _type(field.kind),
        "required" if field.required else _code(field.default),
        _example(field),
        f"{effect.strategy.label}: {effect.reason}" if effect else "",
    )
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _meaning(field: Field, since: str) -> Iterator[str]:
    yield field.doc
    if field.unit:
        yield f"Unit: {field.unit}."
    if since:
        yield f"Since {since}."
    if field.aliases:
        yield f"Also called {', '.join(f'`{alias}`' for alias in field.aliases)}."
    if field.deprecated:
        yield f"**Deprecated**: {field.deprecated}."
    if field.replacement:
        yield f"Use `{field.replacement}`."


def _type(kind: Kind) -> str:
    held = section_of(kind)
    if held is not None:
        return _plural(kind, " or ".join(_links(held)))
    if isinstance(kind, Maybe):
        return f"{_type(kind.kind)}, or null"
    if isinstance(kind, ListOf):
        return f"list of: {_type(kind.entry)}"
    if isinstance(kind, MapOf):
        return f"mapping to: {_type(kind.value)}"
    if kind.choices and not isinstance(kind, Boolean):
        return ", ".join(f"`{choice}`" for choice in kind.choices)
    return f"{kind.phrase}{_limits(kind)}"


def _links(held: Section | Variants) -> Iterator[str]:
    sections = (held,) if isinstance(held, Section) else held.sections.values()
    for section in sections:
        block = block_of(section)
        if block is not None:
            yield f"[{block.name}](#{_block_anchor(block)})"


def _plural(kind: Kind, links: str) -> str:
    if isinstance(kind, Maybe):
        return f"{_plural(kind.kind, links)}, or null"
    return f"list of {links}" if isinstance(kind, ListOf) else links


def _limits(kind: Any) -> str:
    least, most = getattr(kind, "least", None), getattr(kind, "most", None)
    above = getattr(kind, "above", None)
    words = [
        f"{word} {limit}"
        for word, limit in (("from", least), ("above", above), ("to", most))
        if limit is not None
    ]
    return f" {' '.join(words)}" if words else ""


def _example(field: Field) -> str:
    return "" if field.shown_example is None else _code(field.shown_example)


def _code(value: object) -> str:
    if value is None:
        return "null"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
