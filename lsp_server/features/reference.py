"""What there is to know about a key of the config, as Markdown and in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from truss_base.config import Field

MAX_CHOICES = 20


def describe(path: Sequence[str | int], field: Field) -> str:
    """Type, default, allowed values and what a change leads to, for hover and completion."""
    name = ".".join(step for step in path if isinstance(step, str))
    facts = "\n".join(f"- {fact}" for fact in _facts(field))
    return f"**`{name}`**: {field.kind.phrase}\n\n{field.doc}\n\n{facts}".rstrip() + "\n"


def summary(field: Field) -> str:
    """For the right-hand side of a list: the type and the default."""
    if field.required:
        return f"{field.kind.phrase}, required"
    if field.default in (None, "", [], {}):
        return field.kind.phrase
    return f"{field.kind.phrase}, default {_plain(field.default)}"


def _facts(field: Field) -> Iterator[str]:
    yield "required" if field.required else f"default: `{_plain(field.default)}`"
    if field.allowed:
        shown = ", ".join(f"`{choice}`" for choice in field.allowed[:MAX_CHOICES])
        more = len(field.allowed) - MAX_CHOICES
        yield f"allowed: {shown}" + (f" and {more} more" if more > 0 else "")
    if field.unit:
        yield f"unit: {field.unit}"
    if field.example is not None:
        yield f"example: `{_plain(field.example)}`"
    if field.since:
        yield f"since truss {field.since}"
    if field.deprecated:
        instead = f"; use `{field.replacement}`" if field.replacement else ""
        yield f"deprecated: {field.deprecated}{instead}"
    if effect := field.leads_to:
        strategy = effect.strategy
        yield f"a change leads to **{strategy.title}** ({strategy.label}): {effect.reason}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, default=str)
