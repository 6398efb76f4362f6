"""The one table of what this server answers, and the boundary that no exception passes."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from lsp_server import __version__, protocol, rpc
from lsp_server.boundary import guarded
from lsp_server.commands import COMMANDS, execute
from lsp_server.features import actions
from lsp_server.features import completion as completion_feature
from lsp_server.features import hover as hover_feature
from lsp_server.session import Session
from lsp_server.uris import path_of

if TYPE_CHECKING:
    from lsp_server.items import Json

logger = logging.getLogger("lsp_server")
Handler = Callable[["Server", Any], Any]
NAME = "control-truss"
TRUST_GRANTED = "truss/trustGranted"

# Documents are ours (pygls' model of lines is not LSP's), and so are commands (pygls drops the
# progress token, and a cancellation would not reach them).
_REPLACED = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_EXECUTE_COMMAND,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL,
)


class Server(LanguageServer):
    """pygls' server with our session in it."""

    session: Session

    def __init__(self) -> None:
        super().__init__(NAME, __version__)
        features = self.protocol.fm
        for method in _REPLACED:
            features.builtin_features.pop(method)
        for name in COMMANDS:
            features.command(name)(_never_called)
        for method, (handler, options) in HANDLERS.items():
            features.feature(method, options)(guarded(method, partial(handler, self)))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """The boundary has logged it already: no pop-up in the editor."""


def _never_called() -> None:
    """Commands are registered for the capabilities only: `execute_command` runs them."""


# Life cycle


def initialize(server: Server, params: types.InitializeParams) -> None:
    encoding = server.workspace.position_encoding
    able = protocol.abilities(params.capabilities, encoding)
    options = params.initialization_options
    server.session = Session(
        protocol.LspClient(server, able), able, options if isinstance(options, dict) else {}
    )
    features = server.protocol.fm
    if able.pull_diagnostics:
        diagnostic = types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=False, identifier=NAME
        )
        handler = guarded(types.TEXT_DOCUMENT_DIAGNOSTIC, partial(pull_diagnostics, server))
        features.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, diagnostic)(handler)


def initialized(server: Server, params: types.InitializedParams) -> None:
    session = server.session
    threading.Thread(target=warm, name="warm", daemon=True).start()
    session.watch()


def warm() -> None:
    """Imports, off the event loop, what the first edit and the first command will need."""
    for module in ("truss_base.validation", "truss_base.document", "truss_base.config.fields"):
        import_module(module)


def trust_granted(server: Server, params: Any) -> None:
    server.session.trust()


# Documents


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


# Features


def pull_diagnostics(server: Server, params: types.DocumentDiagnosticParams) -> Any:
    session = server.session
    snapshot = session.documents.get(params.text_document.uri)
    problems = session.problems.of(snapshot) if snapshot else ()
    return protocol.to_report(problems, session.able)


def code_action(server: Server, params: types.CodeActionParams) -> Any:
    session = server.session
    snapshot = session.documents.get(params.text_document.uri)
    if snapshot is None or snapshot.truss is None:
        return None
    container = actions.Container(
        state=session.runtime.state(snapshot.truss),
        trusted=session.trusted,
        unsaved=bool(session.documents.unsaved(snapshot.truss)),
    )
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    offered = actions.actions(
        snapshot,
        session.problems.findings(snapshot),
        protocol.from_range(params.range),
        only,
        container,
    )
    shown = (protocol.to_action(action, session.able) for action in offered)
    return [action for action in shown if action is not None]


def hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    session = server.session
    snapshot = session.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    found = hover_feature.hover(snapshot, protocol.from_position(params.position))
    return protocol.to_hover(found, session.able)


def completion(server: Server, params: types.CompletionParams) -> types.CompletionList | None:
    snapshot = server.session.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    found = completion_feature.completion(snapshot, protocol.from_position(params.position))
    return protocol.to_completion(found, server.session.able)


async def execute_command(server: Server, params: types.ExecuteCommandParams) -> Json:
    if params.command not in COMMANDS:
        raise JsonRpcInvalidParams(message=f"{params.command!r} is no command of this server.")
    argument = params.arguments[0] if params.arguments else None
    return await execute(server.session, params.command, argument, params.work_done_token)


# Workspace


def did_change_watched_files(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    paths = [path for change in params.changes if (path := path_of(change.uri))]
    server.session.touched(paths)


def did_change_configuration(server: Server, params: types.DidChangeConfigurationParams) -> None:
    server.session.settings_changed(params.settings)


def cancel_progress(server: Server, params: types.WorkDoneProgressCancelParams) -> None:
    server.session.bars.cancel(params.token)


HANDLERS: dict[str, tuple[Handler, Any]] = {
    types.INITIALIZE: (initialize, None),
    types.INITIALIZED: (initialized, None),
    types.TEXT_DOCUMENT_DID_OPEN: (did_open, None),
    types.TEXT_DOCUMENT_DID_CHANGE: (did_change, None),
    types.TEXT_DOCUMENT_DID_SAVE: (did_save, types.SaveOptions(include_text=False)),
    types.TEXT_DOCUMENT_DID_CLOSE: (did_close, None),
    types.TEXT_DOCUMENT_CODE_ACTION: (
        code_action,
        types.CodeActionOptions(code_action_kinds=list(actions.KINDS)),
    ),
    types.TEXT_DOCUMENT_HOVER: (hover, None),
    types.TEXT_DOCUMENT_COMPLETION: (
        completion,
        types.CompletionOptions(trigger_characters=[" "]),
    ),
    types.WORKSPACE_EXECUTE_COMMAND: (execute_command, None),
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: (did_change_watched_files, None),
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: (did_change_configuration, None),
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL: (cancel_progress, None),
    TRUST_GRANTED: (trust_granted, None),
}
"""Method → (handler, registration options). Pull diagnostics join where the client can pull."""


def run(reader: BinaryIO, writer: BinaryIO) -> int:
    """Serves one client until it leaves."""
    logging.basicConfig(
        stream=sys.stderr,
        level=os.environ.get("CONTROL_TRUSS_LSP_LOG", "WARNING").upper(),
        format="%(levelname)s %(name)s: %(message)s",
    )
    # It logs whole messages and tracebacks; what matters of them passes through our boundary.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    # Not asyncio.run: it waits for worker threads, which may sit in a call of the Docker engine.
    return asyncio.new_event_loop().run_until_complete(_serve(reader, writer))


async def _serve(reader: BinaryIO, writer: BinaryIO) -> int:
    server = Server()
    code = await rpc.serve(server, reader, writer)
    if hasattr(server, "session"):
        await server.session.end()
    return code
