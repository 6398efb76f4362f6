"""Looking up the description of a key by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from truss_base.config.definitions.root import ROOT
from truss_base.config.field import Field
from truss_base.config.section import Section, Variants

if TYPE_CHECKING:
    from truss_base.config.faults import Path


def lookup(path: Path, data: object = None) -> Field | None:
    """The field at a path, None for a key that is not known.

    Indexes of lists are stepped over: `("weights", 0, "source")` is the `source` of every entry.
    `data` is the config as far as it is known; it decides between the variants of a section
    (`trt_llm` v1 or v2, the transports). The field's `leads_to` is filled in from above.
    """
    section: Section | Variants | None = ROOT
    field: Field | None = None
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and 0 <= step < len(data) else None
            continue
        if isinstance(section, Variants):
            section = section.chosen(data) or next(iter(section.sections.values()))
        found = section.field(step) if section is not None else None
        if found is None:
            return None
        effect = found.leads_to or (field.leads_to if field is not None else None)
        field = replace(found, leads_to=effect)
        section = field.section
        data = data.get(step) if isinstance(data, Mapping) else None
    return field


def children(path: Path, data: object = None) -> tuple[Field, ...]:
    """The fields a mapping at a path may have; empty where it is free."""
    section: Section | Variants | None = ROOT
    if path:
        field = lookup(path, data)
        section = field.section if field is not None else None
    if isinstance(section, Variants):
        section = section.chosen(_at(path, data)) or next(iter(section.sections.values()))
    return section.fields if section is not None else ()


def every_field() -> Iterator[tuple[tuple[str, ...], Field]]:
    """Every field with its path, in the order of the docs; recursion stops at the first round."""
    yield from _walk(ROOT, (), ())


def _walk(
    section: Section | Variants, path: tuple[str, ...], above: tuple[int, ...]
) -> Iterator[tuple[tuple[str, ...], Field]]:
    if id(section) in above:
        return
    if isinstance(section, Variants):
        for variant in section.sections.values():
            yield from _walk(variant, path, above)
        return
    for field in section.fields:
        yield (*path, field.name), field
        if field.section is not None:
            yield from _walk(field.section, (*path, field.name), (*above, id(section)))


def _at(path: Path, data: object) -> object:
    for step in path:
        if isinstance(step, str):
            data = data.get(step) if isinstance(data, Mapping) else None
        else:
            data = data[step] if isinstance(data, list) and 0 <= step < len(data) else None
    return data
