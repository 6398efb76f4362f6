"""What helps while typing: diagnostics, code actions, hover, completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from lsp_server import protocol
from lsp_server.features import actions
from lsp_server.features import completion as completion_feature
from lsp_server.features import hover as hover_feature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsp_server.server import Server


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
        session.surroundings(snapshot),
    )
    shown = (protocol.to_action(action, session.able) for action in offered)
    return [action for action in shown if action is not None]


def hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    session = server.session
    snapshot = session.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    at = protocol.from_position(params.position)
    around, pages = session.surroundings(snapshot), session.pages
    found = hover_feature.hover(snapshot, at, around, pages.of_key)
    return protocol.to_hover(found, session.able)


def completion(server: Server, params: types.CompletionParams) -> types.CompletionList | None:
    session = server.session
    snapshot = session.documents.get(params.text_document.uri)
    if snapshot is None:
        return None
    at, around = protocol.from_position(params.position), session.surroundings(snapshot)
    asked = protocol.was_asked(params.context)
    found = completion_feature.completion(snapshot, at, around, asked=asked)

    def about(path: Sequence[str]) -> str:
        return completion_feature.documentation(snapshot, path)

    return protocol.to_completion(
        found, snapshot.uri, about, session.able, cut=len(found) == completion_feature.MAX_ITEMS
    )


def resolve_completion(server: Server, item: types.CompletionItem) -> types.CompletionItem:
    """Adds the documentation, once an item is looked at."""
    data = item.data if isinstance(item.data, dict) else {}
    snapshot = server.session.documents.get(str(data.get("uri")))
    if snapshot is not None:
        text = completion_feature.documentation(snapshot, data.get("path") or ())
        item.documentation = protocol.to_documentation(text, server.session.able)
    return item
