"""Sections as definitions: each is described once, and referred to by the path it was met at.

A definition says nothing of objects against null: its place of use does. So what may be null needs
no union, whose faults editors cannot place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.config.blocks import block_of
from truss_base.schema.conditions import conditions
from truss_base.schema.exceptions_of_loader import accepted_besides
from truss_base.schema.values import value_schema
from truss_base.schema.words import words_of

if TYPE_CHECKING:
    from truss_base.config import Field
    from truss_base.config.section import Section, Variants

    Steps = tuple[str, ...]


class Definitions:
    """The `$defs` of a schema while it is made."""

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {}

    def refer(self, section: Section, path: Steps) -> dict[str, Any]:
        """A reference to a section, which is described when it is met first."""
        block = block_of(section)
        name = block.name if block is not None else ".".join(path)
        if name not in self.by_name:
            self.by_name[name] = {}  # its place, kept while sections inside are described
            self.by_name[name].update(self.describe(section, path))
        return {"$ref": f"#/$defs/{name}"}

    def share(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """A reference to a schema that many keys have in common; its name holds no path."""
        self.by_name[name] = schema
        return {"$ref": f"#/$defs/{name}"}

    def describe(self, section: Section, path: Steps) -> dict[str, Any]:
        """A section's keys, those of old included, and the rules over several of them."""
        block = block_of(section)
        properties: dict[str, Any] = {}
        for field in (*section.fields, *section.legacy):
            words = words_of(
                field,
                block.effect_of(field) if block is not None else None,
                block.since(field) if block is not None else "",
            )
            properties[field.name] = self._property(field, (*path, field.name), words)
            for alias in field.aliases:
                properties[alias] = {
                    **self._property(field, (*path, alias), words),
                    "description": f"Another name of `{field.name}`.",
                }
        schema: dict[str, Any] = {"properties": properties, "additionalProperties": False}
        required = [field.name for field in section.fields if field.required]
        if required:
            schema["required"] = required
        if block is not None and (rules := conditions(block.name)):
            schema["allOf"] = rules
        return schema

    def choose(self, variants: Variants, path: Steps) -> dict[str, Any]:
        """A mapping that is one of several sections; only the one that is meant is applied."""
        tag = {"enum": list(variants.sections)}
        schema: dict[str, Any] = {"type": "object", "properties": {variants.tag: tag}}
        branches = []
        for name, section in variants.sections.items():
            chosen: dict[str, Any] = {"properties": {variants.tag: {"const": name}}}
            if name != variants.default:
                chosen["required"] = [variants.tag]
            branches.append({"if": chosen, "then": self.refer(section, (*path, name))})
        if variants.default is None:
            # The loader reads {} as the default of the field.
            branches.append({"if": {"minProperties": 1}, "then": {"required": [variants.tag]}})
        return {**schema, "allOf": branches}

    def _property(self, field: Field, path: Steps, words: dict[str, Any]) -> dict[str, Any]:
        return {**accepted_besides(path, value_schema(field.kind, path, self)), **words}
