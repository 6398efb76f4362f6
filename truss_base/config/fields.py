"""Looking up the description of a key by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from truss_base.config.containers import MapOf, Maybe
from truss_base.config.definitions.accelerator import ACCELERATOR_MAPPING, AcceleratorKind
from truss_base.config.definitions.root import ROOT
from truss_base.config.definitions.since import SINCE
from truss_base.config.field import Field
from truss_base.config.section import Section, Variants

if TYPE_CHECKING:
    from truss_base.config.faults import Path
    from truss_base.config.kinds import Kind


def lookup(path: Path, data: object = None) -> Field | None:
    """The field at a path, None for a key that is not known.

    Indexes of lists are stepped over: `("weights", 0, "source")` is the `source` of every entry. So
    are free keys, which have no field: `("trt_llm", "build", "lora_adapters", "x", "repo")`.
    `data` is the config as far as it is known; it decides between the variants of a section
    (`trt_llm` v1 or v2, the transports). The field's `leads_to` is filled in from above, and its
    `since` for this path.
    """
    section: Section | Variants | None = ROOT
    field: Field | None = None
    keys: list[str] = []
    names_entry = False
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and 0 <= step < len(data) else None
            continue
        names_entry = field is not None and not names_entry and _has_free_keys(field.kind)
        if names_entry:
            data = data.get(step) if isinstance(data, Mapping) else None
            continue
        found = _field_of(section, step, data)
        if found is None:
            return None
        effect = found.leads_to or (field.leads_to if field is not None else None)
        keys.append(found.name)
        field = replace(found, leads_to=effect, since=SINCE.get(".".join(keys), ""))
        section = section_within(field.kind)
        data = data.get(step) if isinstance(data, Mapping) else None
    return None if names_entry else field


def _field_of(section: Section | Variants | None, name: str, data: object) -> Field | None:
    if not isinstance(section, Variants):
        return section.field(name) if section is not None else None
    found = section.variant(data).field(name)
    return section.in_any(found) if found is not None else None


def section_within(kind: Kind) -> Section | Variants | None:
    """The section a mapping has that stands for a kind, in a list, under a free key, or itself.

    Beyond `Field.section` that of an accelerator, which is mostly text, and those under free keys.
    """
    if isinstance(kind, AcceleratorKind):
        return ACCELERATOR_MAPPING
    if isinstance(kind, (Section, Variants)):
        return kind
    held = _held(kind)
    return section_within(held) if held is not None else None


def _held(kind: Kind) -> Kind | None:
    if isinstance(kind, MapOf):
        return kind.value
    return getattr(kind, "kind", None) or getattr(kind, "entry", None)


def _has_free_keys(kind: Kind) -> bool:
    return _has_free_keys(kind.kind) if isinstance(kind, Maybe) else isinstance(kind, MapOf)


def children(path: Path, data: object = None) -> tuple[Field, ...]:
    """The fields a mapping at a path may have; empty where it is free."""
    section: Section | Variants | None = ROOT
    if path:
        field = lookup(path, data)
        if field is None:  # perhaps a free key: its entry is what the mapping holds
            field = lookup(path[:-1], data)
            section = section_within(field.kind) if field and _has_free_keys(field.kind) else None
        else:
            section = None if _has_free_keys(field.kind) else section_within(field.kind)
    if not isinstance(section, Variants):
        return section.fields if section is not None else ()
    variant = section.variant(_at(path, data))
    return tuple(section.in_any(field) for field in variant.fields)


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
