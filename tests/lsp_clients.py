"""What different clients say they can do."""

from __future__ import annotations

from typing import Any

from lsprotocol import types


def bare() -> types.ClientCapabilities:
    """A client without any optional capability."""
    return types.ClientCapabilities()


def pushing(**more: Any) -> types.ClientCapabilities:
    """A capable client that waits for diagnostics to be published."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=more.get("encodings")),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=True, relative_pattern_support=True
            ),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=True,
                tag_support=types.ClientDiagnosticsTagOptions(
                    [types.DiagnosticTag.Unnecessary, types.DiagnosticTag.Deprecated]
                ),
            ),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            code_action=types.CodeActionClientCapabilities(
                disabled_support=True,
                is_preferred_support=True,
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                ),
            ),
            diagnostic=types.DiagnosticClientCapabilities() if more.get("pull") else None,
        ),
    )


def capable() -> types.ClientCapabilities:
    """A client with everything that changes what the server sends, as big editors have it."""
    client = pushing(encodings=[types.PositionEncodingKind.Utf16])
    assert client.workspace is not None
    assert client.text_document is not None
    client.workspace.workspace_edit = types.WorkspaceEditClientCapabilities(
        document_changes=True, resource_operations=[types.ResourceOperationKind.Create]
    )
    client.text_document.publish_diagnostics = types.PublishDiagnosticsClientCapabilities(
        related_information=True,
        code_description_support=True,
        tag_support=types.ClientDiagnosticsTagOptions(list(types.DiagnosticTag)),
    )
    client.text_document.document_symbol = types.DocumentSymbolClientCapabilities(
        hierarchical_document_symbol_support=True
    )
    client.text_document.completion = types.CompletionClientCapabilities(
        completion_item=types.ClientCompletionItemOptions(
            snippet_support=True,
            documentation_format=[types.MarkupKind.Markdown],
            insert_text_mode_support=types.ClientCompletionItemInsertTextModeOptions(
                list(types.InsertTextMode)
            ),
            resolve_support=types.ClientCompletionItemResolveOptions(["documentation"]),
        )
    )
    return client


def pulling() -> types.ClientCapabilities:
    """The same client, asking for diagnostics itself."""
    return pushing(pull=True)
