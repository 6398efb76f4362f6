"""A client without any optional capability: everything is answered, and it is asked for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsp_clients import bare
from lsp_editor import Editor, OpenEditor, until
from lsp_truss import CONFIG
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
FAULTY = CONFIG.replace("model_name", "modle_name")
AT = types.Position(1, 3)
WHOLE = types.Range(types.Position(0, 0), types.Position(8, 0))
# What a server may ask only of a client that said that it can.
NOT_OFFERED = (
    types.CLIENT_REGISTER_CAPABILITY,
    types.WORKSPACE_CONFIGURATION,
    types.WINDOW_WORK_DONE_PROGRESS_CREATE,
    types.WORKSPACE_DIAGNOSTIC_REFRESH,
    types.WORKSPACE_CODE_LENS_REFRESH,
    types.WORKSPACE_INLAY_HINT_REFRESH,
    types.WORKSPACE_APPLY_EDIT,
)
QUESTIONS: dict[str, Any] = {
    "text_document_hover": lambda doc: types.HoverParams(doc, AT),
    "text_document_completion": lambda doc: types.CompletionParams(doc, AT),
    "text_document_definition": lambda doc: types.DefinitionParams(doc, AT),
    "text_document_document_highlight": lambda doc: types.DocumentHighlightParams(doc, AT),
    "text_document_document_link": lambda doc: types.DocumentLinkParams(doc),
    "text_document_document_symbol": lambda doc: types.DocumentSymbolParams(doc),
    "text_document_folding_range": lambda doc: types.FoldingRangeParams(doc),
    "text_document_selection_range": lambda doc: types.SelectionRangeParams(doc, [AT]),
    "text_document_code_lens": lambda doc: types.CodeLensParams(doc),
    "text_document_inlay_hint": lambda doc: types.InlayHintParams(doc, WHOLE),
    "text_document_references": lambda doc: types.ReferenceParams(
        text_document=doc, position=AT, context=types.ReferenceContext(include_declaration=True)
    ),
    "text_document_code_action": lambda doc: types.CodeActionParams(
        text_document=doc, range=WHOLE, context=types.CodeActionContext(diagnostics=[])
    ),
}
FINDS_SOMETHING = {"hover", "document_symbol", "folding_range", "selection_range", "code_lens"}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_question_is_answered(
    truss: Path, shared_editor: OpenEditor, question: str
) -> None:
    editor = await shared_editor(truss, bare())
    editor.open("config.yaml", FAULTY)
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    answer = await getattr(editor.client, f"{question}_async")(QUESTIONS[question](document))
    if question.removeprefix("text_document_") in FINDS_SOMETHING:
        assert answer
    editor.close("config.yaml")


async def test_it_is_asked_for_nothing_that_it_did_not_offer(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss, bare())
    asked = _listens(editor)
    editor.open("config.yaml", FAULTY)
    assert [found.code for found in await editor.pushed("config.yaml")] == ["unknown-key"]
    editor.type("config.yaml", "modle_name", "model_name")
    editor.save("config.yaml")
    assert (await editor.command("truss.showStatus"))["state"] == "stopped"
    refused = await editor.command("truss.predict", input={})
    assert refused["error"]["type"] == "NotRunning"
    await until(lambda: editor.latest("config.yaml") == [])
    assert asked == []


def _listens(editor: Editor) -> list[str]:
    """Collects the methods of what the server asks."""
    asked: list[str] = []
    features = editor.client.protocol.fm

    def heard(method: str) -> None:
        features.features.pop(method, None)

        @editor.client.feature(method)
        def refuse(params: object) -> None:
            asked.append(method)

    for method in NOT_OFFERED:
        heard(method)
    return asked
