"""Outline, folds, selections, highlights, lenses and hints of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from lsp_server.client import Abilities
from lsp_server.items import Fold, Hint, Lens, Range, Symbol
from lsp_server.protocol.convert import to_position, to_range

_SYMBOL_KIND = {
    "block": types.SymbolKind.Object,
    "list": types.SymbolKind.Array,
    "text": types.SymbolKind.String,
    "number": types.SymbolKind.Number,
    "boolean": types.SymbolKind.Boolean,
    "null": types.SymbolKind.Null,
}


def to_symbols(
    symbols: Sequence[Symbol], uri: str, able: Abilities
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    """A tree, or a flat list for clients from before trees."""
    if able.symbol_trees:
        return [_to_tree(symbol) for symbol in symbols]
    return [
        types.SymbolInformation(
            name=symbol.name,
            kind=_SYMBOL_KIND[symbol.kind],
            location=types.Location(uri, to_range(symbol.range)),
            container_name=container or None,
        )
        for symbol, container in _flat(symbols, "")
    ]


def _to_tree(symbol: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=symbol.name,
        detail=symbol.detail or None,
        kind=_SYMBOL_KIND[symbol.kind],
        range=to_range(symbol.range),
        selection_range=to_range(symbol.name_range),
        children=[_to_tree(child) for child in symbol.children] or None,
    )


def _flat(symbols: Sequence[Symbol], container: str) -> Iterator[tuple[Symbol, str]]:
    for symbol in symbols:
        yield symbol, container
        yield from _flat(symbol.children, symbol.name)


def to_fold(fold: Fold) -> types.FoldingRange:
    kind = types.FoldingRangeKind.Comment if fold.comment else None
    return types.FoldingRange(start_line=fold.first, end_line=fold.last, kind=kind)


def to_selection(ranges: Sequence[Range]) -> types.SelectionRange:
    """From the smallest outwards, each inside its parent."""
    parent: types.SelectionRange | None = None
    for span in reversed(ranges):
        parent = types.SelectionRange(to_range(span), parent)
    assert parent is not None, "there is always the text itself"
    return parent


def to_highlight(span: Range, declares: bool) -> types.DocumentHighlight:
    kind = types.DocumentHighlightKind.Write if declares else types.DocumentHighlightKind.Read
    return types.DocumentHighlight(to_range(span), kind)


def to_lens(lens: Lens) -> types.CodeLens:
    command = types.Command(title=lens.title, command=lens.command, arguments=[lens.argument])
    return types.CodeLens(to_range(lens.range), command)


def to_hint(hint: Hint) -> types.InlayHint:
    return types.InlayHint(
        position=to_position(hint.position),
        label=hint.label,
        tooltip=hint.tooltip or None,
        padding_left=True,
    )
