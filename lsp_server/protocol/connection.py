"""The outgoing half of the connection."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_server.client import Abilities, Level, Token
from lsp_server.items import Json, Problem
from lsp_server.protocol.convert import to_diagnostic

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_LEVEL = {
    "error": types.MessageType.Error,
    "warning": types.MessageType.Warning,
    "information": types.MessageType.Info,
    "log": types.MessageType.Log,
}


class LspClient:
    """`client.Client` over pygls.

    Questions are shielded from the cancellation of who asks: pygls raises InvalidStateError when
    a reply meets a cancelled future.
    """

    def __init__(self, server: LanguageServer, able: Abilities) -> None:
        self._server = server
        self._able = able

    def publish(self, uri: str, version: int | None, problems: Sequence[Problem]) -> None:
        diagnostics = [to_diagnostic(problem, self._able) for problem in problems]
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics)
        )

    def refresh_diagnostics(self) -> None:
        if self._able.refresh_diagnostics:
            self._server.protocol.send_request(types.WORKSPACE_DIAGNOSTIC_REFRESH)

    def refresh_lenses(self) -> None:
        if self._able.refresh_lenses:
            self._server.protocol.send_request(types.WORKSPACE_CODE_LENS_REFRESH)

    def refresh_hints(self) -> None:
        if self._able.refresh_hints:
            self._server.protocol.send_request(types.WORKSPACE_INLAY_HINT_REFRESH)

    def notify(self, method: str, params: Json) -> None:
        self._server.protocol.notify(method, params)

    def show(self, level: Level, message: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(_LEVEL[level], message))

    async def open_document(self, uri: str) -> bool:
        """Whether the client has opened it; only for clients that can."""
        params = types.ShowDocumentParams(uri=uri, take_focus=True)
        try:
            answer = await self._ask(types.WINDOW_SHOW_DOCUMENT, params)
        except JsonRpcException:  # the client may decline
            return False
        return bool(answer.success)

    async def choose(self, message: str, choices: Sequence[str]) -> str | None:
        params = types.ShowMessageRequestParams(
            type=types.MessageType.Info,
            message=message,
            actions=[types.MessageActionItem(title=choice) for choice in choices],
        )
        answer = await self._ask(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
        return str(answer.title) if answer is not None else None

    async def configuration(self, section: str, scopes: Sequence[str]) -> Sequence[object]:
        items = [types.ConfigurationItem(scope_uri=scope, section=section) for scope in scopes]
        answer = await self._ask(
            types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items=items)
        )
        return tuple(answer or ())

    async def create_progress(self, token: Token) -> bool:
        if not self._able.progress:
            return False
        params = types.WorkDoneProgressCreateParams(token=token)
        try:
            await self._ask(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        except JsonRpcException:  # the client may decline: the work goes on unseen
            return False
        return True

    def progress(self, token: Token, value: Json) -> None:
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))

    def watch(self, registration: str, globs: Sequence[tuple[str | None, str]]) -> None:
        """Ask to be told of file changes. A glob is (base URI or None, pattern)."""
        watchers = [
            types.FileSystemWatcher(
                glob_pattern=types.RelativePattern(base_uri=base, pattern=glob) if base else glob
            )
            for base, glob in globs
        ]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        self._register(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, registration, options)

    def watch_configuration(self, section: str) -> None:
        options = types.DidChangeConfigurationRegistrationOptions(section=section)
        self._register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, str(uuid.uuid4()), options)

    def _register(self, method: str, registration: str, options: Any) -> None:
        params = types.RegistrationParams(
            registrations=[types.Registration(registration, method, options)]
        )
        self._server.protocol.send_request(types.CLIENT_REGISTER_CAPABILITY, params)

    async def _ask(self, method: str, params: Any) -> Any:
        return await asyncio.shield(self._server.protocol.send_request_async(method, params))
