"""The fields of a config in one plain form: path -> what stands there, for both sides.

Paths read as in `weights[].source`: `[]` steps into the entries of a list, `{}` into those of a
mapping with free keys, `trt_llm<v2>` into one of several sections that share a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.root import ROOT
from truss_base.config.definitions.root_rules import EnvironmentVariables, PythonVersion
from truss_base.config.definitions.trt_llm_runtime import PatchValue
from truss_base.config.dump import Depth, dump
from truss_base.config.field import Field, default_of
from truss_base.config.fields import section_within
from truss_base.config.kinds import Anything, Boolean, Choice, Integer, Kind, Number, Text
from truss_base.config.section import Section, Variants

REQUIRED = "required"
_SCALARS: dict[type, str] = {
    Text: "text",
    Integer: "integer",
    Number: "number",
    Boolean: "boolean",
    Anything: "any",
    PythonVersion: "text",
    EnvironmentVariables: "mapping of text",
    PatchValue: "integer | list of any | mapping of any | number | text | null",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One field: its type in words, its default as JSON has it, what it may be chosen from."""

    type: str
    default: Any = REQUIRED
    choices: frozenset[str] = frozenset()


Shapes = dict[str, Shape]


def our_shapes() -> Shapes:
    """Every field of our own definitions."""
    return dict(_our_section(ROOT, "", ()))


def _our_section(
    section: Section | Variants, prefix: str, above: tuple[int, ...]
) -> Iterator[tuple[str, Shape]]:
    if id(section) in above:
        return
    if isinstance(section, Variants):
        for label, variant in section.sections.items():
            yield from _our_section(variant, f"{prefix}<{label}>", above)
        return
    for field in section.fields:
        path = _joined(prefix, field.name)
        default = REQUIRED if field.required else _our_default(field)
        yield path, Shape(_our_type(field.kind), default, _our_choices(field.kind))
        inner = section_within(field.kind)
        if inner is not None:
            yield from _our_section(inner, path + _steps(field.kind), (*above, id(section)))


def held_by(kind: Kind) -> Kind | None:
    """What a kind that may be null, or a list, is made of."""
    return getattr(kind, "kind", None) or getattr(kind, "entry", None)


def _our_default(field: Field) -> Any:
    default: Any = dump(default_of(field), Depth.COMPLETE)
    return default


def _our_type(kind: Kind) -> str:
    if isinstance(kind, Maybe):
        return f"{_our_type(kind.kind)} | null"
    if isinstance(kind, ListOf):
        return f"list of {_our_type(kind.entry)}"
    if isinstance(kind, MapOf):
        return f"mapping of {_our_type(kind.value)}"
    if isinstance(kind, Choice):
        return "choice"
    return _SCALARS.get(type(kind), "section")


def _our_choices(kind: Kind) -> frozenset[str]:
    if isinstance(kind, Choice):
        return frozenset((*kind.choices, *kind.retired))
    inner = held_by(kind)
    if inner is None or isinstance(inner, (Section, Variants)):
        return frozenset()
    return _our_choices(inner)


def _steps(kind: Kind) -> str:
    if isinstance(kind, Maybe):
        return _steps(kind.kind)
    if isinstance(kind, ListOf):
        return "[]" + _steps(kind.entry)
    return "{}" + _steps(kind.value) if isinstance(kind, MapOf) else ""


def their_shapes(description: dict[str, Any]) -> Shapes:
    """Every field of what the probe described; see `drift.probe` for its form."""
    return dict(_their_model(description["root"], description["models"], "", ()))


def _their_model(
    name: str, models: dict[str, Any], prefix: str, above: tuple[str, ...]
) -> Iterator[tuple[str, Shape]]:
    if name in above:
        return
    for key, field in models[name].items():
        path, tree = _joined(prefix, key), field["type"]
        default = REQUIRED if field["required"] else field["default"]
        yield path, Shape(_their_type(tree), default, frozenset(_their_choices(tree)))
        for steps, inner in _their_models(tree, models):
            yield from _their_model(inner, models, path + steps, (*above, name))


def _their_models(tree: dict[str, Any], models: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The models a type holds, each with the steps that lead into it."""
    if tree["kind"] == "model":
        yield "", tree["name"]
    step = {"list": "[]", "mapping": "{}"}.get(tree["kind"], "")
    held = tree.get("of", ())
    several = sum(part["kind"] == "model" for part in held) > 1
    for part in held:
        for steps, name in _their_models(part, models):
            yield (f"<{_label(models[name])}>" if several else step + steps), name


def _label(fields: dict[str, Any]) -> str:
    """What a model of several is chosen by: its one field with a single choice."""
    for field in fields.values():
        choices = field["type"].get("choices", ())
        if len(choices) == 1:
            return str(choices[0])
    return "?"


def _their_type(tree: dict[str, Any]) -> str:
    kind = str(tree["kind"])
    if kind == "union":
        parts = {word for part in tree["of"] for word in _their_type(part).split(" | ")}
        return " | ".join(sorted(parts, key=lambda word: (word == "null", word)))
    if kind in ("list", "mapping"):
        return f"{kind} of {_their_type(tree['of'][0])}"
    return "section" if kind == "model" else kind


def _their_choices(tree: dict[str, Any]) -> Iterator[str]:
    yield from tree.get("choices", ())
    for part in tree.get("of", ()):
        yield from _their_choices(part)


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
