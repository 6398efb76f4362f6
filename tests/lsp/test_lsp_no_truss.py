"""Other tools have a `config.yaml` as well: nothing is said of theirs, and nothing is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import pulling, pushing
from lsp_editor import OpenEditor
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "not-truss"
OWN = {
    "hydra": "defaults:\n  - model: small\nseed: 42\n",
    "jekyll": "title: A site\nurl: https://example.org\nplugins: [jekyll-feed]\n",
    "prometheus": "global:\n  scrape_interval: 15s\nscrape_configs:\n  - job_name: a\n",
    "a workflow": "name: CI\non: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n",
    "broken": "endpoints: [\n",
}
FOUND = {
    str(path.relative_to(CORPUS)): path.read_text() for path in sorted(CORPUS.glob("**/*.y*ml"))
}


@pytest.mark.parametrize("text", [*OWN.values(), *FOUND.values()], ids=[*OWN, *FOUND])
async def test_nothing_is_published_or_followed(
    tmp_path: Path, shared_editor: OpenEditor, text: str
) -> None:
    editor = await shared_editor(tmp_path, pushing())
    (tmp_path / "config.yaml").write_text(text)
    editor.open("config.yaml")
    editor.edit("config.yaml", types.TextDocumentContentChangeWholeDocument(f"{text}\n"), text)
    editor.save("config.yaml")
    assert await editor.shown("config.yaml", editor.version("config.yaml")) == []
    editor.close("config.yaml")
    assert editor.published == []
    assert editor.statuses == []
    assert tmp_path.as_uri() not in repr(editor.registrations), "its folder is not followed"


@pytest.mark.parametrize("text", [*OWN.values(), *FOUND.values()], ids=[*OWN, *FOUND])
async def test_questions_find_nothing(tmp_path: Path, shared_editor: OpenEditor, text: str) -> None:
    editor = await shared_editor(tmp_path, pulling())
    editor.open("config.yaml", text)
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    top = types.Position(0, 2)
    whole = types.Range(types.Position(0, 0), types.Position(text.count("\n"), 0))
    client = editor.client
    completed = await client.text_document_completion_async(types.CompletionParams(document, top))
    found = [
        await editor.pull("config.yaml"),
        await editor.actions("config.yaml", whole),
        await client.text_document_hover_async(types.HoverParams(document, top)),
        completed.items if isinstance(completed, types.CompletionList) else completed,
        await client.text_document_code_lens_async(types.CodeLensParams(document)),
        await client.text_document_inlay_hint_async(types.InlayHintParams(document, whole)),
        await client.text_document_definition_async(types.DefinitionParams(document, top)),
        await client.text_document_document_link_async(types.DocumentLinkParams(document)),
        await client.text_document_document_symbol_async(types.DocumentSymbolParams(document)),
    ]
    assert not any(found)
    editor.close("config.yaml")
