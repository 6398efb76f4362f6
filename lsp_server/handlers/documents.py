"""Documents come, change, are saved and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_server import protocol

if TYPE_CHECKING:
    from lsp_server.server import Server


def did_open(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    session = server.session
    session.opened(session.documents.open(document.uri, document.version, document.text))


def did_change(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    document = params.text_document
    changes = [protocol.from_change(change) for change in params.content_changes]
    session = server.session
    session.changed(session.documents.change(document.uri, document.version, changes))


def did_save(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    server.session.saved(server.session.documents.save(params.text_document.uri))


def did_close(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    server.session.closed(server.session.documents.close(params.text_document.uri))
