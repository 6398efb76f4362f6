"""The sections of a config as blocks of a reference: each once, under a name that stays.

A section that occurs in several places is a block where it is met first, closest to the root.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.config.definitions.root import ROOT
from truss_base.config.definitions.since import SINCE
from truss_base.config.section import Section, Variants, section_of

if TYPE_CHECKING:
    from truss_base.config.faults import Path
    from truss_base.config.field import Effect, Field


@dataclass(frozen=True, slots=True)
class Block:
    """A section, what it is for, and what a change in it leads to where its fields do not say.

    The name is the path of its field, with the variant behind it unless that is the usual one:
    `trt_llm.runtime` and `trt_llm.v2.runtime`; "" is the root. `keys` is the path alone.
    """

    name: str
    keys: tuple[str, ...]
    section: Section
    field: Field | None
    effect: Effect | None

    def anchor(self, key: str) -> str:
        """The anchor of one of its keys in the reference."""
        return f"{self.name}.{key}" if self.name else key

    def effect_of(self, field: Field) -> Effect | None:
        """What a change of one of its fields leads to."""
        return field.leads_to or self.effect

    def since(self, field: Field) -> str:
        """The version of truss that brought one of its fields, "" where that is not known."""
        return SINCE.get(".".join((*self.keys, field.name)), "")


@lru_cache(maxsize=1)
def blocks() -> tuple[Block, ...]:
    """Every block: the root, then each of its sections with all that is in it."""
    root = Block("", (), ROOT, None, None)
    found = {id(ROOT): root}
    for field in ROOT.fields:
        waiting = deque(_held(root, field))
        while waiting:
            block = waiting.popleft()
            if id(block.section) in found:
                continue
            found[id(block.section)] = block
            for inner in block.section.fields:
                waiting.extend(_held(block, inner))
    return tuple(found.values())


def _held(block: Block, field: Field) -> Iterator[Block]:
    held = section_of(field.kind)
    name, effect = block.anchor(field.name), block.effect_of(field)
    keys = (*block.keys, field.name)
    if isinstance(held, Section):
        yield Block(name, keys, held, field, effect)
    elif held is not None:
        usual = held.default or next(iter(held.sections))
        for variant, section in held.sections.items():
            own = name if variant == usual else f"{name}.{variant}"
            yield Block(own, keys, section, field, effect)


@lru_cache(maxsize=1)
def _by_section() -> dict[int, Block]:
    return {id(block.section): block for block in blocks()}


def block_of(section: Section) -> Block | None:
    """The block that describes a section; None for one that is no part of the table."""
    return _by_section().get(id(section))


def reference_anchor(path: Path, data: object = None) -> str | None:
    """The anchor in docs/config-reference.md of the key at a path, without the `#`.

    Indexes of lists are stepped over; `data` is the config as far as it is known, and decides
    between variants. What is not described by itself (a variable, an old entry of a free mapping)
    has the anchor of the nearest key around it; an unknown key of the root has None.
    """
    section: Section | Variants | None = ROOT
    anchor: str | None = None
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and 0 <= step < len(data) else None
            continue
        if isinstance(section, Variants):
            section = section.chosen(data) or next(iter(section.sections.values()))
        field = section.field(step) if section is not None else None
        block = block_of(section) if section is not None else None
        if field is None or block is None:
            return anchor
        anchor = block.anchor(field.name)
        section = field.section
        data = data.get(step) if isinstance(data, Mapping) else None
    return anchor
