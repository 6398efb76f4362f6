"""What of the running container shows inside the text: lenses and hints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_server import protocol
from lsp_server.features.hints import Shown, hints
from lsp_server.features.lenses import class_range, lenses

if TYPE_CHECKING:
    from lsp_server.server import Server


async def code_lens(server: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    session = server.session
    found = session.view(params.text_document.uri)
    if found is None or not session.trusted:
        return None
    view, snapshot = found
    if not (await session.preferences.of(view.folder)).code_lens:
        return None
    at = None
    if snapshot.path == view.model_path:
        at = class_range(snapshot, view.settings.model_class_name)
    shown = lenses(snapshot, at, session.runtime.state(view.folder), session.commands)
    return [protocol.to_lens(lens) for lens in shown]


async def inlay_hint(server: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
    session = server.session
    snapshot = session.documents.get(params.text_document.uri)
    if snapshot is None or snapshot.truss is None or not snapshot.is_config:
        return None
    settings = await session.preferences.of(snapshot.truss)
    shown = Shown(settings.hint_defaults, settings.hint_amounts, settings.hint_pending)
    plan = session.runtime.state(snapshot.truss).plan
    span = protocol.from_range(params.range)
    return [
        protocol.to_hint(hint)
        for hint in hints(snapshot, span, dict(plan) if plan else None, shown)
    ]
