"""JSON schemas in one plain form: path -> what may stand there, however they are cut up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ROOT_PATH = "$"


@dataclass(frozen=True, slots=True)
class Node:
    """What a schema says of one place; empty where it says nothing."""

    properties: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    enum: frozenset[str] = frozenset()


def flatten(schema: Mapping[str, Any]) -> dict[str, Node]:
    """The places of a schema, from `$` on; branches of one place are taken together.

    Where branches hold different objects with a constant key (`trt_llm` v1 and v2), each is a
    place of its own: `$.trt_llm<v1>`.
    """
    nodes: dict[str, Node] = {}
    for path, node in _walk(schema, schema, ROOT_PATH, ()):
        before = nodes.get(path, Node())
        nodes[path] = Node(
            before.properties | node.properties,
            before.required | node.required,
            before.enum | node.enum,
        )
    return nodes


def _walk(
    schema: Any, root: Mapping[str, Any], path: str, above: tuple[str, ...]
) -> Iterator[tuple[str, Node]]:
    if not isinstance(schema, Mapping) or schema.get("$ref") in above:
        return
    if "$ref" in schema:
        above = (*above, schema["$ref"])
        yield from _walk(_target(schema["$ref"], root), root, path, above)
    branches = list(_branches(schema))
    labels = [_label(branch, root) for branch in branches]
    several = len([label for label in labels if label]) > 1
    for branch, label in zip(branches, labels, strict=True):
        yield from _walk(branch, root, f"{path}<{label}>" if several and label else path, above)
    properties = schema.get("properties", {})
    if properties or "enum" in schema or "const" in schema:
        yield path, _node(schema)
    for name, inner in properties.items():
        yield from _walk(inner, root, f"{path}.{name}", above)
    yield from _walk(schema.get("items"), root, f"{path}[]", above)
    free = (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values())
    for inner in free:
        yield from _walk(inner, root, path + "{}", above)


def _node(schema: Mapping[str, Any]) -> Node:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return Node(
        frozenset(schema.get("properties", ())),
        frozenset(schema.get("required", ())),
        frozenset(str(value) for value in values if value is not None),
    )


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    """What a reference within the document leads to."""
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _branches(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What else says what stands here. Other members of `allOf` are conditions, not structure."""
    yield from schema.get("anyOf", ())
    yield from schema.get("oneOf", ())
    for member in schema.get("allOf", ()):
        inner = member.get("then", member)
        if "$ref" in inner:
            yield inner


def _label(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """What tells an object from its neighbours: the only value one of its keys may have."""
    while "$ref" in schema:
        schema = _target(schema["$ref"], root)
    for inner in schema.get("properties", {}).values():
        values = _node(inner).enum
        if len(values) == 1:
            return next(iter(values))
    return ""
