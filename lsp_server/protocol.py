"""Plain types to and from LSP, and the outgoing half of the connection.

Besides `server.py`, the only module that knows lsprotocol.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

from lsp_server.client import Abilities, Level, Token
from lsp_server.documents import Change
from lsp_server.items import (
    SOURCE,
    Action,
    FileEdit,
    Hover,
    Json,
    Position,
    Problem,
    Range,
    Suggestion,
)

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

    from truss_base.document.lines import Encoding

_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}
_LEVEL = {
    "error": types.MessageType.Error,
    "warning": types.MessageType.Warning,
    "information": types.MessageType.Info,
    "log": types.MessageType.Log,
}
_TAG = {
    "unnecessary": types.DiagnosticTag.Unnecessary,
    "deprecated": types.DiagnosticTag.Deprecated,
}
_ITEM_KIND = {
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
    "snippet": types.CompletionItemKind.Snippet,
    "file": types.CompletionItemKind.File,
}

ENCODINGS: dict[str, Encoding] = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}


# From the client


def abilities(capabilities: types.ClientCapabilities, encoding: Encoding) -> Abilities:
    def has(path: str) -> bool:
        return bool(get_capability(capabilities, path, False))

    return Abilities(
        pull_diagnostics=get_capability(capabilities, "text_document.diagnostic") is not None,
        refresh_diagnostics=has("workspace.diagnostics.refresh_support"),
        related_information=has("text_document.publish_diagnostics.related_information")
        or has("text_document.diagnostic.related_information"),
        diagnostic_tags=has("text_document.publish_diagnostics.tag_support")
        or has("text_document.diagnostic.tag_support"),
        action_literals=has("text_document.code_action.code_action_literal_support"),
        disabled_actions=has("text_document.code_action.disabled_support"),
        preferred_actions=has("text_document.code_action.is_preferred_support"),
        versioned_edits=has("workspace.workspace_edit.document_changes"),
        progress=has("window.work_done_progress"),
        configuration=has("workspace.configuration"),
        watch_configuration=has("workspace.did_change_configuration.dynamic_registration"),
        watch_files=has("workspace.did_change_watched_files.dynamic_registration"),
        relative_patterns=has("workspace.did_change_watched_files.relative_pattern_support"),
        markdown=types.MarkupKind.Markdown
        in (get_capability(capabilities, "text_document.hover.content_format") or ()),
        markdown_completion=types.MarkupKind.Markdown
        in (
            get_capability(
                capabilities, "text_document.completion.completion_item.documentation_format"
            )
            or ()
        ),
        encoding=encoding,
    )


def from_position(position: types.Position) -> Position:
    return Position(position.line, position.character)


def from_range(span: types.Range) -> Range:
    return Range(from_position(span.start), from_position(span.end))


def from_change(change: types.TextDocumentContentChangeEvent) -> Change:
    span = getattr(change, "range", None)
    return Change(from_range(span) if span else None, change.text)


# To the client


def to_position(position: Position) -> types.Position:
    return types.Position(position.line, position.character)


def to_range(span: Range) -> types.Range:
    return types.Range(to_position(span.start), to_position(span.end))


def to_diagnostic(problem: Problem, able: Abilities) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(
            location=types.Location(other.uri, to_range(other.range)), message=other.message
        )
        for other in problem.related
    ]
    tags = [_TAG[tag] for tag in problem.tags if tag in _TAG]
    return types.Diagnostic(
        range=to_range(problem.range),
        severity=_SEVERITY[problem.severity],
        code=problem.code,
        source=SOURCE,
        message=problem.message,
        related_information=(related or None) if able.related_information else None,
        tags=(tags or None) if able.diagnostic_tags else None,
    )


def to_workspace_edit(edit: FileEdit, able: Abilities) -> types.WorkspaceEdit:
    edits = [types.TextEdit(to_range(one.range), one.new_text) for one in edit.edits]
    if not able.versioned_edits:
        return types.WorkspaceEdit(changes={edit.uri: edits})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=edit.uri, version=edit.version)
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(text_document=document, edits=edits)]
    )


def to_command(action: Action) -> types.Command | None:
    if action.command is None:
        return None
    return types.Command(title=action.title, command=action.command, arguments=[action.argument])


def to_action(action: Action, able: Abilities) -> types.CodeAction | types.Command | None:
    """None where the client could not show or do it."""
    if action.disabled is not None and not able.disabled_actions:
        return None
    if not able.action_literals:
        return to_command(action)  # before 3.8 a code action was a command and nothing else
    return types.CodeAction(
        title=action.title,
        kind=action.kind,
        diagnostics=[to_diagnostic(problem, able) for problem in action.problems] or None,
        edit=to_workspace_edit(action.edit, able) if action.edit else None,
        command=to_command(action) if action.disabled is None else None,
        disabled=types.CodeActionDisabled(reason=action.disabled) if action.disabled else None,
        is_preferred=(action.preferred or None) if able.preferred_actions else None,
    )


def to_hover(hover: Hover | None, able: Abilities) -> types.Hover | None:
    if hover is None:
        return None
    kind = types.MarkupKind.Markdown if able.markdown else types.MarkupKind.PlainText
    contents = types.MarkupContent(kind=kind, value=hover.text)
    return types.Hover(contents=contents, range=to_range(hover.range))


def to_completion(suggestions: Sequence[Suggestion], able: Abilities) -> types.CompletionList:
    return types.CompletionList(
        is_incomplete=False, items=[_to_completion_item(one, able) for one in suggestions]
    )


def _to_completion_item(suggestion: Suggestion, able: Abilities) -> types.CompletionItem:
    about: str | types.MarkupContent = suggestion.documentation
    if able.markdown_completion:
        about = types.MarkupContent(types.MarkupKind.Markdown, suggestion.documentation)
    return types.CompletionItem(
        label=suggestion.label,
        kind=_ITEM_KIND[suggestion.kind],
        detail=suggestion.detail or None,
        documentation=about or None,
        sort_text=suggestion.sort,
        deprecated=suggestion.deprecated or None,
        insert_text_format=types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(to_range(suggestion.replace), suggestion.new_text),
    )


def to_report(
    problems: Sequence[Problem], able: Abilities
) -> types.RelatedFullDocumentDiagnosticReport:
    return types.RelatedFullDocumentDiagnosticReport(
        items=[to_diagnostic(problem, able) for problem in problems]
    )


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

    def notify(self, method: str, params: Json) -> None:
        self._server.protocol.notify(method, params)

    def show(self, level: Level, message: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(_LEVEL[level], message))

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
