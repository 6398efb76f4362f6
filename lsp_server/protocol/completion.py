"""Completion items, as able as the client."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsprotocol import types

from lsp_server.client import Abilities
from lsp_server.items import Suggestion
from lsp_server.protocol.convert import to_range

About = Callable[[Sequence[str]], str]
_KIND = {
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
    "snippet": types.CompletionItemKind.Snippet,
    "file": types.CompletionItemKind.File,
    "folder": types.CompletionItemKind.Folder,
    "package": types.CompletionItemKind.Module,
}


def was_asked(context: types.CompletionContext | None) -> bool:
    """Whether suggestions are wanted, and not just possible behind what was typed."""
    kind = context.trigger_kind if context is not None else None
    return kind is not types.CompletionTriggerKind.TriggerCharacter


def to_completion(
    suggestions: Sequence[Suggestion], uri: str, about: About, able: Abilities, *, cut: bool
) -> types.CompletionList:
    """`about` tells the documentation of a key; `cut` says that more would have been found."""
    shown = [one for one in suggestions if able.snippets or not one.snippet]
    return types.CompletionList(
        is_incomplete=cut, items=[_to_item(one, uri, about, able) for one in shown]
    )


def _to_item(
    suggestion: Suggestion, uri: str, about: About, able: Abilities
) -> types.CompletionItem:
    later = able.resolves_documentation
    text = suggestion.new_text
    as_is = "\n" in text and able.lines_as_they_are
    if as_is and suggestion.snippet:
        text = text.replace("\n", "\n" + " " * suggestion.margin)
    return types.CompletionItem(
        label=suggestion.label,
        kind=_KIND[suggestion.kind],
        detail=suggestion.detail or None,
        documentation=None if later else to_documentation(about(suggestion.about), able),
        sort_text=suggestion.sort,
        filter_text=suggestion.filter or None,
        deprecated=suggestion.deprecated or None,
        insert_text_format=types.InsertTextFormat.Snippet
        if suggestion.snippet
        else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs if as_is else None,
        text_edit=types.TextEdit(to_range(suggestion.replace), text),
        data={"uri": uri, "path": suggestion.about} if later and suggestion.about else None,
    )


def to_documentation(text: str, able: Abilities) -> str | types.MarkupContent | None:
    if not text:
        return None
    if able.markdown_completion:
        return types.MarkupContent(types.MarkupKind.Markdown, text)
    return text
