"""What a schema tells people about a key: words, default, example, effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from truss_base.config import Effect, Field


def words_of(field: Field, effect: Effect | None, since: str) -> dict[str, Any]:
    """The keywords of a key that say nothing of what is valid.

    `markdownDescription` is known to the editors that show Markdown, and ignored by others.
    """
    shown: dict[str, Any] = {
        "description": _sentence(field),
        "markdownDescription": "\n\n".join(_paragraphs(field, effect, since)),
    }
    if not field.required:
        shown["default"] = field.default
    if field.example is not None:
        shown["examples"] = [field.example]
    if field.deprecated:
        shown["deprecated"] = True
    return shown


def _sentence(field: Field) -> str:
    return f"{field.doc} Unit: {field.unit}." if field.unit else field.doc


def _paragraphs(field: Field, effect: Effect | None, since: str) -> list[str]:
    paragraphs = [_sentence(field)]
    if field.deprecated:
        paragraphs.append(f"**Deprecated**: {field.deprecated}.")
    if field.replacement:
        paragraphs.append(f"Use `{field.replacement}` instead.")
    if since:
        paragraphs.append(f"Since truss {since}.")
    if effect is not None:
        strategy = effect.strategy
        paragraphs.append(f"A change leads to {strategy.label} {strategy.title}: {effect.reason}.")
    return paragraphs
