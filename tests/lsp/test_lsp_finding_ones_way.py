"""Navigation over the wire: the same questions, asked by able and bare clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import bare
from lsp_editor import OpenEditor
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODEL = """\
import os


class Model:
    def __init__(self, **kwargs):
        self._secrets = kwargs["secrets"]

    def load(self):
        self._token = self._secrets["hf_token"]

    def predict(self, request):
        return os.environ["MODE"]
"""
CONFIG = """\
model_name: greeter
requirements_file: requirements.txt
environment_variables:
  MODE: fast
secrets:
  hf_token: null
"""


@pytest.fixture
def secretive(truss: Path) -> Path:
    (truss / "config.yaml").write_text(CONFIG)
    (truss / "model" / "model.py").write_text(MODEL)
    (truss / "requirements.txt").write_text("numpy\n")
    return truss


def place(text: str, word: str) -> types.Position:
    """The middle of a word's first occurrence."""
    index = text.index(word) + 1
    return types.Position(text[:index].count("\n"), index - text[:index].rfind("\n") - 1)


async def test_from_the_use_to_the_declaration(secretive: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(secretive)
    editor.open("model/model.py", MODEL)
    document = types.TextDocumentIdentifier(editor.uri("model/model.py"))
    found = await editor.client.text_document_definition_async(
        types.DefinitionParams(document, place(MODEL, "hf_token"))
    )
    assert isinstance(found, list)
    (target,) = found
    assert isinstance(target, types.Location)
    assert target.uri == editor.uri("config.yaml")
    assert target.range.start == types.Position(5, 2)
    editor.close("model/model.py")


async def test_a_rename_reaches_files_that_are_not_open(
    secretive: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(secretive)
    editor.open("config.yaml", CONFIG)
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    edit = await editor.client.text_document_rename_async(
        types.RenameParams(document, place(CONFIG, "MODE"), "PACE")
    )
    assert edit is not None
    changes = edit.document_changes or []
    versions = {
        change.text_document.uri: change.text_document.version
        for change in changes
        if isinstance(change, types.TextDocumentEdit)
    }
    assert versions == {editor.uri("config.yaml"): 1, editor.uri("model/model.py"): None}
    with pytest.raises(JsonRpcException, match="cannot name"):
        await editor.client.text_document_rename_async(
            types.RenameParams(document, place(CONFIG, "MODE"), "not a name")
        )
    editor.close("config.yaml")


async def test_links_are_those_that_lead_somewhere(
    secretive: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(secretive)
    editor.open("config.yaml", CONFIG + "examples_filename: nothing-there.yaml\n")
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    found = await editor.client.text_document_document_link_async(
        types.DocumentLinkParams(document)
    )
    assert [link.target for link in found or ()] == [editor.uri("requirements.txt")]
    editor.close("config.yaml")


async def test_the_outline_is_flat_for_a_client_without_trees(
    secretive: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(secretive, bare())
    editor.open("config.yaml", CONFIG)
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    found = await editor.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(document)
    )
    inner = next(one for one in found or () if one.name == "hf_token")
    assert isinstance(inner, types.SymbolInformation)
    assert inner.container_name == "secrets"
    editor.close("config.yaml")


async def test_references_highlights_folds_and_selections_are_answered(
    secretive: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(secretive)
    editor.open("config.yaml", CONFIG)
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    at = place(CONFIG, "hf_token")
    client = editor.client
    uses = await client.text_document_references_async(
        types.ReferenceParams(types.ReferenceContext(False), document, at)
    )
    assert [use.uri for use in uses or ()] == [editor.uri("model/model.py")]
    (here,) = (
        await client.text_document_document_highlight_async(
            types.DocumentHighlightParams(document, at)
        )
        or ()
    )
    assert here.kind == types.DocumentHighlightKind.Write
    folded = await client.text_document_folding_range_async(types.FoldingRangeParams(document))
    assert [(fold.start_line, fold.end_line) for fold in folded or ()] == [(2, 3), (4, 5)]
    (chain,) = (
        await client.text_document_selection_range_async(types.SelectionRangeParams(document, [at]))
        or ()
    )
    assert chain.parent is not None
    editor.close("config.yaml")
