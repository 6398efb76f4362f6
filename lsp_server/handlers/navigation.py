"""What helps to find one's way: definitions, references, names, links, outline, folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from lsp_server import protocol
from lsp_server.errors import CannotRename
from lsp_server.features import folding, navigation, symbols
from lsp_server.features import links as links_feature
from lsp_server.features import rename as rename_feature
from lsp_server.folders import first_files
from lsp_server.items import Location
from lsp_server.uris import path_of, uri_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.server import Server


def definition(server: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    if (found := server.session.view(params.text_document.uri)) is None:
        return None
    at = protocol.from_position(params.position)
    targets = navigation.definition(*found, at)
    return [protocol.to_location(one) for target in targets for one in _opened(server, target)]


def _opened(server: Server, target: Location) -> Iterator[Location]:
    """The place, where it can be opened; of a folder, which cannot, its files."""
    path = path_of(target.uri)
    if server.session.is_file(target.uri):
        yield target
    elif path is not None:
        yield from (Location(uri_of(file), navigation.TOP) for file in first_files(path))


def references(server: Server, params: types.ReferenceParams) -> list[types.Location] | None:
    if (found := server.session.view(params.text_document.uri)) is None:
        return None
    at = protocol.from_position(params.position)
    declaration = params.context.include_declaration
    return [
        protocol.to_location(one)
        for one in navigation.references(*found, at, declaration=declaration)
    ]


def highlight(
    server: Server, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight] | None:
    if (found := server.session.view(params.text_document.uri)) is None:
        return None
    at = protocol.from_position(params.position)
    return [protocol.to_highlight(*one) for one in navigation.highlights(*found, at)]


def prepare_rename(
    server: Server, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder | None:
    found = server.session.view(params.text_document.uri)
    at = protocol.from_position(params.position)
    if found is None or (name := rename_feature.prepare_rename(*found, at)) is None:
        return None
    span, text = name
    return types.PrepareRenamePlaceholder(protocol.to_range(span), text)


def rename(server: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    if (found := server.session.view(params.text_document.uri)) is None:
        return None
    at = protocol.from_position(params.position)
    try:
        edits = rename_feature.rename(*found, at, params.new_name)
    except CannotRename as error:
        raise JsonRpcInvalidParams(message=str(error)) from None
    return protocol.to_workspace_edit(edits, server.session.able)


def links(server: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
    found = server.session.view(params.text_document.uri)
    if found is None or not found[1].is_config:
        return None
    view, snapshot = found
    return [
        types.DocumentLink(
            protocol.to_range(snapshot.range(link.start, link.end)), target=uri_of(link.target)
        )
        for link in links_feature.links(view)
        if link.target.exists()
    ]


def outline(server: Server, params: types.DocumentSymbolParams) -> Any:
    session = server.session
    snapshot = session.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    return protocol.to_symbols(symbols.symbols(snapshot), snapshot.uri, session.able)


def fold(server: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    snapshot = server.session.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    return [protocol.to_fold(one) for one in folding.folds(snapshot)]


def select(server: Server, params: types.SelectionRangeParams) -> list[types.SelectionRange] | None:
    snapshot = server.session.documents.get(params.text_document.uri)
    if snapshot is None or not snapshot.is_config:
        return None
    return [
        protocol.to_selection(folding.selection(snapshot, protocol.from_position(position)))
        for position in params.positions
    ]
