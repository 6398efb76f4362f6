"""A small editor over pytest-lsp: buffers of one folder, and what the server said about them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Union

from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

Json = dict[str, Any]
ANSWERS_WITHIN = 90.0  # seconds: only guards against a hang
PATCH, REBUILD = "Patch running container", "Rebuild and restart"


class Editor:
    """Drives one server process. ``settings`` is what the client answers for ``controlTruss``.

    ``settings_of`` are those of single folders, by URI.
    """

    def __init__(self, folder: Path, settings: Json | None = None) -> None:
        self.folder = folder
        self.settings = settings or {}
        self.settings_of: dict[str | None, Json] = {}
        self.client: LanguageClient = make_test_lsp_client()
        self.statuses: list[Json] = []
        self.questions: list[types.ShowMessageRequestParams] = []
        self.registrations: list[types.Registration] = []
        self.published: list[types.PublishDiagnosticsParams] = []
        self.answer: str | None = None
        self._buffers: dict[str, tuple[int, str]] = {}
        self.client.protocol._converter.register_structure_hook(
            Union[types.Command, types.CodeAction],  # noqa: UP007 - cattrs knows it by this spelling
            self._action,
        )
        self._serve()

    def _action(self, value: Json, _: object) -> types.Command | types.CodeAction:
        # lsprotocol takes every code action that has a command for a bare command.
        kind = types.Command if isinstance(value.get("command"), str) else types.CodeAction
        return self.client.protocol._converter.structure(value, kind)

    def _serve(self) -> None:
        client = self.client
        features = client.protocol.fm.features
        for replaced in (types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, types.WORKSPACE_CONFIGURATION):
            features.pop(replaced)

        @client.feature("truss/status")
        def status(params: Any) -> None:
            self.statuses.append(params._asdict())

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)

        @client.feature(types.WORKSPACE_CONFIGURATION)
        def configuration(params: types.ConfigurationParams) -> list[Any]:
            return [self.settings_of.get(item.scope_uri, self.settings) for item in params.items]

        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def question(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.questions.append(params)
            return types.MessageActionItem(self.answer) if self.answer else None

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            self.registrations.extend(params.registrations)

    async def start(
        self, capabilities: types.ClientCapabilities, options: Json | None = None
    ) -> None:
        await self.client.start_io(sys.executable, "-m", "lsp_server", "--stdio")
        result = await self.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                initialization_options=options,
                workspace_folders=[types.WorkspaceFolder(self.folder.as_uri(), self.folder.name)],
            )
        )
        self.offered = result.capabilities

    def turn_to(self, folder: Path) -> None:
        """Works on another folder, as if nothing had been heard before."""
        self.folder = folder
        self.statuses.clear()
        self.published.clear()

    async def stop(self) -> None:
        await self.client.shutdown_session()
        await self.client.stop()

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self.client._server is not None
        return self.client._server

    # Documents

    def uri(self, name: str) -> str:
        return Path(os.path.normpath(self.folder / name)).as_uri()

    def open(self, name: str, text: str | None = None) -> None:
        if text is None:
            text = (self.folder / name).read_bytes().decode()
        uri = self.uri(name)
        self._buffers[uri] = (1, text)
        language = "yaml" if name.endswith(".yaml") else "python"
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def is_open(self, name: str) -> bool:
        return self.uri(name) in self._buffers

    def text(self, name: str) -> str:
        return self._buffers[self.uri(name)][1]

    def write(self, name: str, text: str) -> None:
        """Replaces the whole buffer."""
        self.edit(name, types.TextDocumentContentChangeWholeDocument(text), text)

    def type(self, name: str, old: str, new: str) -> None:
        """Replaces the one occurrence of a text in the buffer."""
        assert self.text(name).count(old) == 1, f"{old!r} is not once in {name}"
        self.write(name, self.text(name).replace(old, new))

    def edit(self, name: str, change: types.TextDocumentContentChangeEvent, text: str) -> None:
        """Sends one content change; ``text`` is the buffer after it."""
        uri = self.uri(name)
        version = self._buffers[uri][0] + 1
        self._buffers[uri] = (version, text)
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def save(self, name: str) -> None:
        (self.folder / name).write_bytes(self.text(name).encode())
        document = types.TextDocumentIdentifier(self.uri(name))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    def close(self, name: str) -> None:
        uri = self.uri(name)
        del self._buffers[uri]
        document = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    # Questions

    async def pull(self, name: str) -> list[types.Diagnostic]:
        document = types.TextDocumentIdentifier(self.uri(name))
        report = await self.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(document)
        )
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        return list(report.items)

    async def pushed(self, name: str) -> list[types.Diagnostic]:
        """What was published for the newest version of an open document."""
        uri = self.uri(name)
        version = self._buffers[uri][0]
        await until(lambda: any(p.uri == uri and p.version == version for p in self.published))
        return self.latest(name)

    def version(self, name: str) -> int:
        return self._buffers[self.uri(name)][0]

    async def shown(self, name: str, version: int) -> list[types.Diagnostic]:
        """What was published for a version; nothing, also where it is no Truss, is published."""
        document = types.TextDocumentIdentifier(self.uri(name))
        # Answered after everything that was sent before it.
        await self.client.text_document_folding_range_async(types.FoldingRangeParams(document))
        uri = self.uri(name)
        found = [one for one in self.published if one.uri == uri and one.version == version]
        return list(found[-1].diagnostics) if found else []

    def latest(self, name: str) -> list[types.Diagnostic]:
        """What the server last published for a file; nothing if it never did."""
        uri = self.uri(name)
        reports = [params for params in self.published if params.uri == uri]
        return list(reports[-1].diagnostics) if reports else []

    async def actions(
        self, name: str, span: types.Range | None = None, only: list[str] | None = None
    ) -> list[types.CodeAction | types.Command]:
        start = types.Position(0, 0)
        answer = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(self.uri(name)),
                span or types.Range(start, start),
                types.CodeActionContext(diagnostics=[], only=only),
            )
        )
        return list(answer or [])

    async def command(self, command: str, **argument: Any) -> Json:
        """Runs a command; the answer as plain JSON."""
        argument.setdefault("uri", self.folder.as_uri())
        return await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(command, [argument])
        )


async def until(condition: Callable[[], Any], seconds: float = ANSWERS_WITHIN) -> Any:
    """Polls for something to become true; fails with what it was waiting for."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (result := condition()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not so within {seconds:g} s")
        await asyncio.sleep(0.01)
    return result


async def until_async(
    condition: Callable[[], Awaitable[Any]], seconds: float = ANSWERS_WITHIN
) -> Any:
    """As `until`, where finding out takes a question."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (result := await condition()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not so within {seconds:g} s")
        await asyncio.sleep(0.05)
    return result


def by_title(actions: list[types.CodeAction | types.Command], title: str) -> types.CodeAction:
    (action,) = [action for action in actions if action.title == title]
    assert isinstance(action, types.CodeAction)
    return action


OpenEditor = Callable[..., Awaitable[Editor]]
