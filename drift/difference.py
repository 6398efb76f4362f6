"""A difference between the two sides, and how two sets of fields or schemas come to have some."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from drift.schemas import Node
from drift.shapes import REQUIRED, Shape

DifferenceKind = Literal[
    "field-missing",
    "field-extra",
    "type",
    "default",
    "enum",
    "python-version",
    "schema",
    "we-refuse",
    "we-accept",
    "push-we-refuse",
    "push-we-accept",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: `where` is a path, with what exactly is different there in brackets.

    For a verdict that is the code of the refusal; `times` then counts the configs that show it,
    and `example` is the smallest of them.
    """

    kind: DifferenceKind
    where: str
    ours: str = ""
    theirs: str = ""
    times: int = 1
    example: str = ""

    @property
    def path(self) -> str:
        """The path alone."""
        return self.where.partition(" (")[0]


def compare_shapes(ours: Mapping[str, Shape], theirs: Mapping[str, Shape]) -> Iterator[Difference]:
    """Fields that one side lacks, and what is different about those both have."""
    for path in sorted(theirs.keys() - ours.keys()):
        yield Difference("field-missing", path, theirs=theirs[path].type)
    for path in sorted(ours.keys() - theirs.keys()):
        yield Difference("field-extra", path, ours=ours[path].type)
    for path in sorted(ours.keys() & theirs.keys()):
        yield from _compare_field(path, ours[path], theirs[path])


def _compare_field(path: str, ours: Shape, theirs: Shape) -> Iterator[Difference]:
    if ours.type != theirs.type:
        yield Difference("type", path, ours.type, theirs.type)
    if _typed(ours.default) != _typed(theirs.default):
        yield Difference("default", path, _typed(ours.default), _typed(theirs.default))
    yield from _elements("enum", path, "", ours.choices, theirs.choices)


def compare_python_versions(ours: tuple[str, ...], theirs: list[str]) -> Iterator[Difference]:
    """Versions only one side has. Theirs are written 3.11, ours py311."""
    written = frozenset(f"py{version.replace('.', '')}" for version in theirs)
    yield from _elements("python-version", "PYTHON_VERSIONS", "", frozenset(ours), written)


def compare_schemas(ours: Mapping[str, Node], theirs: Mapping[str, Node]) -> Iterator[Difference]:
    """Places only theirs describes; properties, required keys and enums of those both do."""
    for path in sorted(theirs.keys() - ours.keys()):
        yield Difference("schema", f"{path} (place)", "", "described")
    for path in sorted(ours.keys() & theirs.keys()):
        mine, yours = ours[path], theirs[path]
        yield from _elements("schema", path, "property ", mine.properties, yours.properties)
        yield from _elements("schema", path, "required ", mine.required, yours.required)
        yield from _elements("schema", path, "value ", mine.enum, yours.enum)


def _elements(
    kind: DifferenceKind, path: str, what: str, ours: frozenset[str], theirs: frozenset[str]
) -> Iterator[Difference]:
    """One difference per element, so that accepting one accepts no other."""
    for element in sorted(ours ^ theirs):
        sides = (element, "") if element in ours else ("", element)
        yield Difference(kind, f"{path} ({what}{element})", *sides)


def _typed(default: Any) -> str:
    """A default as text in which 1, 1.0 and true differ."""
    return REQUIRED if default == REQUIRED else json.dumps(default, sort_keys=True)
