"""What the client can do, out of what it says it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.capabilities import get_capability

from lsp_server.client import Abilities

if TYPE_CHECKING:
    from truss_base.document import Encoding

_ENCODINGS: dict[str, Encoding] = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}
_ITEM = "text_document.completion.completion_item"


def abilities(capabilities: types.ClientCapabilities, encoding: str | None) -> Abilities:
    """From the ``initialize`` request; ``encoding`` is the negotiated one."""

    def has(path: str) -> bool:
        return bool(get_capability(capabilities, path, False))

    return Abilities(
        pull_diagnostics=get_capability(capabilities, "text_document.diagnostic") is not None,
        refresh_diagnostics=has("workspace.diagnostics.refresh_support"),
        refresh_lenses=has("workspace.code_lens.refresh_support"),
        refresh_hints=has("workspace.inlay_hint.refresh_support"),
        related_information=has("text_document.publish_diagnostics.related_information")
        or has("text_document.diagnostic.related_information"),
        diagnostic_tags=has("text_document.publish_diagnostics.tag_support")
        or has("text_document.diagnostic.tag_support"),
        diagnostic_links=has("text_document.publish_diagnostics.code_description_support")
        or has("text_document.diagnostic.code_description_support"),
        action_literals=has("text_document.code_action.code_action_literal_support"),
        disabled_actions=has("text_document.code_action.disabled_support"),
        preferred_actions=has("text_document.code_action.is_preferred_support"),
        versioned_edits=has("workspace.workspace_edit.document_changes"),
        creates_files=types.ResourceOperationKind.Create
        in (get_capability(capabilities, "workspace.workspace_edit.resource_operations") or ()),
        symbol_trees=has("text_document.document_symbol.hierarchical_document_symbol_support"),
        progress=has("window.work_done_progress"),
        opens_documents=has("window.show_document.support"),
        configuration=has("workspace.configuration"),
        watch_configuration=has("workspace.did_change_configuration.dynamic_registration"),
        watch_files=has("workspace.did_change_watched_files.dynamic_registration"),
        relative_patterns=has("workspace.did_change_watched_files.relative_pattern_support"),
        markdown=types.MarkupKind.Markdown
        in (get_capability(capabilities, "text_document.hover.content_format") or ()),
        snippets=has(f"{_ITEM}.snippet_support"),
        lines_as_they_are=types.InsertTextMode.AsIs
        in (get_capability(capabilities, f"{_ITEM}.insert_text_mode_support.value_set") or ()),
        resolves_documentation="documentation"
        in (get_capability(capabilities, f"{_ITEM}.resolve_support.properties") or ()),
        markdown_completion=types.MarkupKind.Markdown
        in (get_capability(capabilities, f"{_ITEM}.documentation_format") or ()),
        encoding=_ENCODINGS[encoding or types.PositionEncodingKind.Utf16],
    )
