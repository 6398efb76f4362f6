"""Diagnostics of config.yaml: exact ranges, in every encoding, pushed or pulled but never both."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import bare, pulling, pushing
from lsp_editor import OpenEditor, until
from lsp_marks import marked
from lsp_truss import CONFIG
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAULTS = [
    pytest.param("«modle_name»: x\n", "unknown-key", "model_name", id="a misspelt key"),
    pytest.param(
        "resources:\n  accelerator: «a10g»\n", "value", "A10G", id="an accelerator in lower case"
    ),
    pytest.param("requirements: «true»\n", "type", "list", id="a value of a wrong type"),
    pytest.param(
        "runtime:\n  predict_concurrency: «many»\n", "type", "whole number", id="no number"
    ),
    pytest.param(
        'description: "🚀"\nmodel_metadata: {"🚀🚀": 1}\n«modle_name»: x\n',
        "unknown-key",
        "model_name",
        id="astral characters before the fault",
    ),
    pytest.param(
        "{description: '🚀🚀', «modle_name»: x}\n", "unknown-key", "model_name", id="flow"
    ),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize(("source", "code", "says"), FAULTS)
async def test_a_fault_is_marked_exactly(
    truss: Path, shared_editor: OpenEditor, source: str, code: str, says: str, encoding: str
) -> None:
    text = marked(source)
    editor = await shared_editor(truss, pushing(encodings=[encoding]))
    editor.open("config.yaml", text.text)
    (found,) = [d for d in await editor.pushed("config.yaml") if d.code == code]
    assert [found.range] == text.lsp_ranges(encoding)
    assert says in found.message
    assert found.source == "Control Truss"


async def test_a_valid_config_has_none(truss: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(truss)
    editor.open("config.yaml")
    assert await editor.pushed("config.yaml") == []


async def test_a_fault_comes_and_goes_while_typing(truss: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(truss)
    editor.open("config.yaml")
    editor.type("config.yaml", "model_name", "modle_name")
    assert [d.code for d in await editor.pushed("config.yaml")] == ["unknown-key"]
    editor.type("config.yaml", "modle_name", "model_name")
    assert await editor.pushed("config.yaml") == []


async def test_a_client_that_pulls_is_not_pushed_to(truss: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(truss, pulling())
    editor.open("config.yaml", "modle_name: x\n")
    assert [d.code for d in await editor.pull("config.yaml")] == ["unknown-key"]
    editor.save("config.yaml")
    editor.close("config.yaml")
    await editor.command("truss.showStatus")
    assert editor.published == []


async def test_a_client_that_cannot_pull_is_not_offered_to(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss, bare())
    assert editor.offered.diagnostic_provider is None
    editor.open("config.yaml", "modle_name: x\n")
    assert [d.code for d in await editor.pushed("config.yaml")] == ["unknown-key"]


NOT_A_TRUSS = {
    "an mkdocs-like site": "site_name: x\nnav:\n  - a.md\nmodle_name: 1\n",
    "a list": "- 1\n- 2\n",
    "broken": "a: [\n",
    "empty": "",
}


@pytest.mark.parametrize("text", NOT_A_TRUSS.values(), ids=NOT_A_TRUSS)
async def test_a_config_that_is_no_truss_is_left_alone(
    tmp_path: Path, shared_editor: OpenEditor, text: str
) -> None:
    (tmp_path / "config.yaml").write_text(text)
    editor = await shared_editor(tmp_path, pulling())
    editor.open("config.yaml")
    assert await editor.pull("config.yaml") == []
    assert await editor.actions("config.yaml") == []
    assert editor.statuses == []


async def test_a_config_becomes_a_truss_while_it_is_typed(
    tmp_path: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(tmp_path, pulling())
    editor.open("config.yaml", "")
    assert await editor.pull("config.yaml") == []
    editor.write("config.yaml", "model_name: x\npython_version: py311\nmodel_clas_name: Y\n")
    assert "unknown-key" in [d.code for d in await editor.pull("config.yaml")]


async def test_closing_a_document_takes_its_findings_along(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    editor.open("config.yaml", "modle_name: x\n")
    assert await editor.pushed("config.yaml")
    editor.close("config.yaml")
    editor.open("model/model.py")
    await editor.pushed("model/model.py")
    assert editor.latest("config.yaml") == []


async def test_incremental_edits_with_odd_line_ends(truss: Path, shared_editor: OpenEditor) -> None:
    """U+2028 and form feeds are characters of a line, and only the protocol's line ends count."""
    editor = await shared_editor(truss, pulling())
    text = 'description: "a\u2028b\u0085c 🚀"\r\nmodel_name: x\r\n'
    editor.open("config.yaml", text)
    spot = types.Range(types.Position(1, 0), types.Position(1, len("model_name")))
    change = types.TextDocumentContentChangePartial(range=spot, text="modle_name")
    editor.edit("config.yaml", change, text.replace("model_name", "modle_name"))
    (found,) = [d for d in await editor.pull("config.yaml") if d.code == "unknown-key"]
    assert found.range == spot


async def test_edits_far_beyond_the_text_do_no_harm(truss: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(truss, pulling())
    editor.open("config.yaml", "model_name: x")
    far = types.Range(types.Position(900, 900), types.Position(9000, 1))
    change = types.TextDocumentContentChangePartial(range=far, text="\nmodle_name: y\n")
    editor.edit("config.yaml", change, "model_name: x\nmodle_name: y\n")
    assert [d.range.start.line for d in await editor.pull("config.yaml")] == [1]


async def test_changes_of_documents_never_opened_are_ignored(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss, pulling())
    document = types.VersionedTextDocumentIdentifier(2, editor.uri("config.yaml"))
    change = types.TextDocumentContentChangeWholeDocument("a: 1")
    editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
    assert await editor.pull("config.yaml") == []


async def test_what_another_tool_does_to_the_config_is_noticed(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss, pulling())
    editor.open("model/model.py")
    (truss / "config.yaml").unlink()
    changed = types.FileEvent(editor.uri("config.yaml"), types.FileChangeType.Deleted)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
    assert await editor.actions("model/model.py") == []
    (truss / "config.yaml").write_text(CONFIG)
    changed = types.FileEvent(editor.uri("config.yaml"), types.FileChangeType.Created)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
    assert await editor.actions("model/model.py") != []


async def test_other_files_of_the_truss_are_looked_at_too(
    truss: Path, shared_editor: OpenEditor
) -> None:
    model = marked(
        'class Model:\n    def load(self):\n        self._key = self._secrets[«"hf"»]\n'
        "\n    def predict(self, request):\n        return request\n"
    )
    (truss / "model" / "model.py").write_text(model.text)
    editor = await shared_editor(truss, pulling())
    editor.open("model/model.py")
    (found,) = await editor.pull("model/model.py")
    assert found.code == "secret"
    assert [found.range] == model.lsp_ranges()
    editor.open("config.yaml", CONFIG + "secrets:\n  hf: null\n")
    assert await editor.pull("model/model.py") == []
    editor.close("config.yaml")
    editor.close("model/model.py")


async def test_findings_of_a_closed_file_are_published_with_the_config(
    truss: Path, shared_editor: OpenEditor
) -> None:
    (truss / "requirements.txt").write_text("numpy==\n")
    editor = await shared_editor(truss)
    editor.open("config.yaml", CONFIG + "requirements_file: requirements.txt\n")
    await until(lambda: editor.latest("requirements.txt"))
    assert [one.code for one in editor.latest("requirements.txt")] == ["requirement"]
    editor.write("config.yaml", CONFIG)
    await until(lambda: editor.latest("requirements.txt") == [])
    editor.close("config.yaml")
