"""The schema of a value, by its kind.

Where the loader converts, every form it takes is accepted. Keywords of JSON Schema that speak of
one type let the others pass, so a list of types does what would otherwise take a union.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.accelerator import (
    ACCELERATOR_MAPPING,
    ACCELERATORS,
    AcceleratorKind,
)
from truss_base.config.definitions.root_rules import EnvironmentVariables, PythonVersion
from truss_base.config.definitions.trt_llm_runtime import PatchValue
from truss_base.config.kinds import Anything, Boolean, Choice, Integer, Number, Text
from truss_base.config.lax import BOOLEAN_WORDS, NUMBER_PATTERN, WHOLE_PATTERN
from truss_base.config.section import Section, Variants

if TYPE_CHECKING:
    from truss_base.schema.sections import Definitions

    Schema = dict[str, Any]
    Steps = tuple[str, ...]


@singledispatch
def value_schema(kind: object, path: Steps, definitions: Definitions) -> Schema:
    """The schema of a value of a kind at a path; sections in it are put into the definitions."""
    inner = getattr(kind, "kind", None)
    if inner is None:
        raise TypeError(f"{type(kind).__name__} has no JSON schema")
    return value_schema(inner, path, definitions)


@value_schema.register
def _maybe(kind: Maybe, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    return or_null(value_schema(kind.kind, path, definitions))


@value_schema.register
def _list(kind: ListOf, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    entries = value_schema(kind.entry, path, definitions)
    return {"type": "array", "items": entries} | ({"minItems": 1} if kind.non_empty else {})


@value_schema.register
def _map(kind: MapOf, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    values = value_schema(kind.value, path, definitions) or True
    keys = {"propertyNames": {"pattern": kind.key_pattern}} if kind.key_pattern else {}
    return {"type": "object", "additionalProperties": values, **keys}


@value_schema.register
def _section(kind: Section, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    return {"type": "object", **definitions.refer(kind, path)}


@value_schema.register
def _variants(kind: Variants, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    chosen: dict[str, Any] = definitions.choose(kind, path)
    return chosen


@value_schema.register
def _text(kind: Text, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if kind.non_empty:
        schema["minLength"] = 1
    if kind.pattern:
        schema["pattern"] = kind.pattern
    return schema


@value_schema.register
def _integer(kind: Integer, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    limits = _given(minimum=kind.least, maximum=kind.most)
    if kind.strict:
        return {"type": "integer", **limits}
    shared = definitions.share("whole-number", {"pattern": f"^{WHOLE_PATTERN}$"})
    return {"type": ["integer", "string", "boolean"], **shared, **limits}


@value_schema.register
def _number(kind: Number, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    limits = _given(exclusiveMinimum=kind.above, maximum=kind.most)
    if kind.strict:
        return {"type": "number", **limits}
    shared = definitions.share("number", {"pattern": f"^{NUMBER_PATTERN}$"})
    return {"type": ["number", "string", "boolean"], **shared, **limits}


@value_schema.register
def _boolean(kind: Boolean, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    words = "|".join(_any_case(word) for word in BOOLEAN_WORDS)
    limits = {"pattern": f"^(?:{words})$", "minimum": 0, "maximum": 1}
    types = ["boolean", "string", "integer"]
    return {"type": types, **definitions.share("boolean", limits)}


@value_schema.register
def _choice(kind: Choice, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    listed = {"enum": list(kind.choices)}
    if not kind.any_case:
        return {"type": "string", **listed}
    words = "|".join(_any_case(choice) for choice in kind.choices)
    return {"type": "string", "anyOf": [listed, {"pattern": f"^(?:{words})$"}]}


@value_schema.register(Anything)
@value_schema.register(PatchValue)
def _anything(kind: object, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    return {}


@value_schema.register
def _python(kind: PythonVersion, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(kind.choices)}


@value_schema.register
def _variables(kind: EnvironmentVariables, path: tuple[str, ...], _: Any) -> dict[str, Any]:
    scalars = ["string", "number", "boolean", "null"]
    return {"type": "object", "additionalProperties": {"type": scalars}}


@value_schema.register
def _accelerator(kind: AcceleratorKind, path: tuple[str, ...], definitions: Any) -> dict[str, Any]:
    counted = rf"^\s*(?:{'|'.join(ACCELERATORS)})(?::0*[1-9][0-9]*)?\s*$"
    return {
        "type": ["string", "object", "null"],
        "anyOf": [
            {"enum": [*ACCELERATORS, None]},
            {"type": "string", "pattern": counted},
            {"type": "object", **definitions.refer(ACCELERATOR_MAPPING, path)},
        ],
    }


def or_null(schema: Schema) -> Schema:
    """The schema of a value that may be null as well."""
    if "type" not in schema:
        return schema  # anything, null included
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    widened = {**schema, "type": [*types, "null"]}
    if "enum" in schema:
        widened["enum"] = [*schema["enum"], None]
    return widened


def _given(**limits: float | None) -> Schema:
    return {name: limit for name, limit in limits.items() if limit is not None}


def _any_case(word: str) -> str:
    """A regular expression without flags, which JSON Schema does not have."""
    return "".join(
        f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in word
    )
