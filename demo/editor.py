"""The smallest editor that is one: opens, changes, saves, shows what the server says."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

DIAGNOSTICS_TIMEOUT = 20.0
# Shown by an editor in its status bar and log; the demo prints its own account.
UNHEEDED = (
    types.WINDOW_WORK_DONE_PROGRESS_CREATE,
    types.PROGRESS,
    types.WINDOW_LOG_MESSAGE,
    types.WINDOW_SHOW_MESSAGE,
    "truss/status",
)


class Editor:
    """An LSP client over stdio with the buffers of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._client = LanguageClient("control-truss-demo", "1")
        self._buffers: dict[str, tuple[int, str]] = {}
        self._reported: dict[str, asyncio.Queue[list[types.Diagnostic]]] = {}
        self._serving = False
        self._serve_the_server()

    def _serve_the_server(self) -> None:
        on = self._client.feature
        # pygls marks what it registers, which a bound method does not allow.
        on(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: self._published(params))
        on(types.WORKSPACE_CONFIGURATION)(_configuration)
        for event in UNHEEDED:
            on(event)(lambda _: None)

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        self._reports(params.uri).put_nowait(list(params.diagnostics))

    async def start(self) -> None:
        await self._client.start_io(sys.executable, "-m", "lsp_server", "--stdio")
        self._serving = True
        await self._client.initialize_async(
            types.InitializeParams(
                capabilities=_capabilities(),
                workspace_folders=[types.WorkspaceFolder(self.folder.as_uri(), self.folder.name)],
            )
        )
        self._client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        await self._client.shutdown_async(None)
        await self.end()

    async def end(self) -> None:
        """Ends the server in whatever state it is, once; does nothing when there is none."""
        if self._serving:
            self._serving = False
            self._client.exit(None)
            with suppress(asyncio.IncompleteReadError):  # its last message was cut in half
                await self._client.stop()  # type: ignore[no-untyped-call]  # so in pygls

    def open(self, name: str) -> None:
        text = (self.folder / name).read_text()
        uri = self._uri(name)
        self._buffers[uri] = (1, text)
        language = "yaml" if name.endswith(".yaml") else "python"
        self._client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )

    def type(self, name: str, old: str, new: str) -> None:
        """Replaces `old` by `new` in the buffer, as typing would."""
        _, text = self._buffers[self._uri(name)]
        if old not in text:
            raise LookupError(f"{name} does not contain {old!r}")
        self._set_text(self._uri(name), text.replace(old, new, 1))

    def save(self, name: str) -> None:
        uri = self._uri(name)
        (self.folder / name).write_text(self._buffers[uri][1])
        self._client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    async def diagnostics(self, name: str) -> list[types.Diagnostic]:
        """The next list that the server reports for the file."""
        queue = self._reports(self._uri(name))
        return await asyncio.wait_for(queue.get(), DIAGNOSTICS_TIMEOUT)

    async def quick_fix(self, name: str, diagnostic: types.Diagnostic) -> str | None:
        """Applies the preferred fix of a diagnostic; answers its title, None if it has none."""
        uri = self._uri(name)
        actions = await self._client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                diagnostic.range,
                types.CodeActionContext([diagnostic], only=[types.CodeActionKind.QuickFix]),
            )
        )
        fixes = [a for a in actions or [] if isinstance(a, types.CodeAction) and a.edit]
        if not fixes:
            return None
        chosen = next((fix for fix in fixes if fix.is_preferred), fixes[0])
        self._apply(uri, chosen)
        return chosen.title

    async def command(self, name: str, **argument: Any) -> Any:
        argument.setdefault("uri", self.folder.as_uri())
        return await self._client.workspace_execute_command_async(
            types.ExecuteCommandParams(name, [argument])
        )

    def _apply(self, uri: str, action: types.CodeAction) -> None:
        assert action.edit is not None
        edits: list[types.TextEdit] = list((action.edit.changes or {}).get(uri, []))
        for change in action.edit.document_changes or []:
            if isinstance(change, types.TextDocumentEdit):
                edits.extend(e for e in change.edits if isinstance(e, types.TextEdit))
        self._set_text(uri, _edited(self._buffers[uri][1], edits))

    def _set_text(self, uri: str, text: str) -> None:
        version = self._buffers[uri][0] + 1
        self._buffers[uri] = (version, text)
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def _reports(self, uri: str) -> asyncio.Queue[list[types.Diagnostic]]:
        return self._reported.setdefault(uri, asyncio.Queue())

    def _uri(self, name: str) -> str:
        return (self.folder / name).as_uri()


def _capabilities() -> types.ClientCapabilities:
    kinds = types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
    return types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(configuration=True),
        window=types.WindowClientCapabilities(work_done_progress=True),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(kinds)
            )
        ),
    )


def _configuration(params: types.ConfigurationParams) -> list[dict[str, Any]]:
    return [{"patchOnSave": "on", "runtime": "local"} for _ in params.items]


def _edited(text: str, edits: Sequence[types.TextEdit]) -> str:
    """Text edits from the last to the first, so that the positions before them stay true."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def index(position: types.Position) -> int:
        return starts[position.line] + position.character

    for edit in sorted(edits, key=lambda e: index(e.range.start), reverse=True):
        text = text[: index(edit.range.start)] + edit.new_text + text[index(edit.range.end) :]
    return text
