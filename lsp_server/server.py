"""The one table of what this server answers, and the boundary that no exception passes."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from lsp_server import __version__, protocol, rpc
from lsp_server.boundary import guarded
from lsp_server.commands import NAMES
from lsp_server.handlers import documents, workspace
from lsp_server.kinds import KINDS
from lsp_server.session import Session
from lsp_server.timings import Timings

if TYPE_CHECKING:
    from lsp_server.pages import Pages

logger = logging.getLogger("lsp_server")
Handler = Callable[["Server", Any], Any]
NAME = "control-truss"
TRUST_GRANTED = "truss/trustGranted"
# A message passes two threads, and each waits this long for one that computes: an import, a diff,
# an image's context. Python's own 5 ms would be 10 ms of every hover.
GIVES_WAY_SECONDS = 0.001
END_SECONDS = 2.0  # for what is left to do when the client has left
WARM = (
    "truss_base.validation",
    "truss_base.config.fields",
    "lsp_server.handlers.editing",
    "lsp_server.handlers.navigation",
    "lsp_server.handlers.live",
)

# Behind these a value, an entry or a comment begins. No letter: clients ask by themselves there.
TRIGGERS = " :/#[{'\""

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
        self.timings = Timings()
        features = self.protocol.fm
        for method in _REPLACED:
            features.builtin_features.pop(method)
        for name in NAMES:
            features.command(name)(_never_called)
        for method, (handler, options) in HANDLERS.items():
            features.feature(method, options)(guarded(method, partial(handler, self), self.timings))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """The boundary has logged it already: no pop-up in the editor."""


def _never_called() -> None:
    """Commands are registered for the capabilities only: `execute_command` runs them."""


# Life cycle


def initialize(server: Server, params: types.InitializeParams) -> None:
    encoding = server.workspace.position_encoding
    able = protocol.abilities(params.capabilities, encoding)
    options = params.initialization_options
    given = options if isinstance(options, dict) else {}
    server.session = Session(protocol.LspClient(server, able), able, given, server.timings)
    features = server.protocol.fm
    if able.pull_diagnostics:
        diagnostic = types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=False, identifier=NAME
        )
        handler = guarded(
            types.TEXT_DOCUMENT_DIAGNOSTIC,
            partial(later("editing", "pull_diagnostics"), server),
            server.timings,
        )
        features.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, diagnostic)(handler)


def initialized(server: Server, params: types.InitializedParams) -> None:
    session = server.session
    threading.Thread(target=warm, args=[session.pages], name="warm", daemon=True).start()
    session.watch()


def warm(pages: Pages) -> None:
    """Imports, off the event loop, what the first edit and the first command will need."""
    for module in WARM:
        import_module(module)
    keep_imports()
    pages.write()


def keep_imports() -> None:
    """Collects garbage from now on, but not among what was imported, which is never any.

    Every full collection would otherwise walk over a hundred thousand objects of libraries.
    """
    gc.freeze()
    gc.enable()


def trust_granted(server: Server, params: Any) -> None:
    server.session.trust()


def later(module: str, name: str) -> Handler:
    """A handler whose module is imported when it is first needed, or when `warm` gets to it."""

    def handle(server: Server, params: Any) -> Any:
        return getattr(import_module(f"lsp_server.handlers.{module}"), name)(server, params)

    return handle


def later_async(module: str, name: str) -> Handler:
    """The same for a coroutine, which pygls wants to know in advance."""
    handler = later(module, name)

    async def handle(server: Server, params: Any) -> Any:
        return await handler(server, params)

    return handle


HANDLERS: dict[str, tuple[Handler, Any]] = {
    types.INITIALIZE: (initialize, None),
    types.INITIALIZED: (initialized, None),
    types.TEXT_DOCUMENT_DID_OPEN: (documents.did_open, None),
    types.TEXT_DOCUMENT_DID_CHANGE: (documents.did_change, None),
    types.TEXT_DOCUMENT_DID_SAVE: (documents.did_save, types.SaveOptions(include_text=False)),
    types.TEXT_DOCUMENT_DID_CLOSE: (documents.did_close, None),
    types.TEXT_DOCUMENT_CODE_ACTION: (
        later("editing", "code_action"),
        types.CodeActionOptions(code_action_kinds=list(KINDS)),
    ),
    types.TEXT_DOCUMENT_HOVER: (later("editing", "hover"), None),
    types.TEXT_DOCUMENT_COMPLETION: (
        later("editing", "completion"),
        types.CompletionOptions(trigger_characters=list(TRIGGERS), resolve_provider=True),
    ),
    types.COMPLETION_ITEM_RESOLVE: (later("editing", "resolve_completion"), None),
    types.TEXT_DOCUMENT_DEFINITION: (later("navigation", "definition"), None),
    types.TEXT_DOCUMENT_REFERENCES: (later("navigation", "references"), None),
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (later("navigation", "highlight"), None),
    types.TEXT_DOCUMENT_PREPARE_RENAME: (later("navigation", "prepare_rename"), None),
    types.TEXT_DOCUMENT_RENAME: (
        later("navigation", "rename"),
        types.RenameOptions(prepare_provider=True),
    ),
    types.TEXT_DOCUMENT_DOCUMENT_LINK: (later("navigation", "links"), None),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (later("navigation", "outline"), None),
    types.TEXT_DOCUMENT_FOLDING_RANGE: (later("navigation", "fold"), None),
    types.TEXT_DOCUMENT_SELECTION_RANGE: (later("navigation", "select"), None),
    types.TEXT_DOCUMENT_CODE_LENS: (later_async("live", "code_lens"), None),
    types.TEXT_DOCUMENT_INLAY_HINT: (later_async("live", "inlay_hint"), None),
    types.WORKSPACE_EXECUTE_COMMAND: (workspace.execute_command, None),
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: (workspace.did_change_watched_files, None),
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: (workspace.did_change_configuration, None),
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL: (workspace.cancel_progress, None),
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
    sys.setswitchinterval(GIVES_WAY_SECONDS)
    # Not asyncio.run: it waits for worker threads, which may sit in a call of the Docker engine.
    return asyncio.new_event_loop().run_until_complete(_serve(reader, writer))


async def _serve(reader: BinaryIO, writer: BinaryIO) -> int:
    server = Server()
    code = await rpc.serve(server, reader, writer)
    if hasattr(server, "session"):
        await server.session.end()
    # What belongs to the loop ends with it: connections are closed, notes of a last save written.
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.get_running_loop().shutdown_asyncgens(), END_SECONDS)
    return code
