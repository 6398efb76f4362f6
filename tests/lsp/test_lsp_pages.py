"""The documentation on disk that hovers and diagnostics link to."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import pushing
from lsp_editor import OpenEditor, until
from lsprotocol import types


async def test_hovers_and_diagnostics_lead_to_lines_of_the_generated_pages(
    truss: Path, truss_home: Path, open_editor: OpenEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTROL_TRUSS_CACHE", str(truss_home / "cache"))
    able = pushing()
    assert able.text_document is not None
    assert able.text_document.publish_diagnostics is not None
    able.text_document.publish_diagnostics.code_description_support = True
    editor = await open_editor(truss, able)
    pages = truss_home / "cache" / "reference"
    await until(lambda: (pages / "validation.md").is_file())
    editor.open("config.yaml", "modle_name: x\nuse_control_plane: true\n")
    (found,) = await editor.pushed("config.yaml")
    assert found.code_description is not None
    page, line = found.code_description.href.split("#L")
    assert page == (pages / "validation.md").as_uri()
    assert (pages / "validation.md").read_text().splitlines()[int(line) - 1] == "## unknown-key"
    editor.close("config.yaml")
    editor.open("config.yaml", "use_control_plane: true\n")
    answer = await editor.client.text_document_hover_async(
        types.HoverParams(
            types.TextDocumentIdentifier(editor.uri("config.yaml")), types.Position(0, 3)
        )
    )
    assert answer is not None
    assert isinstance(answer.contents, types.MarkupContent)
    link = answer.contents.value.rpartition("[Reference](")[2].partition(")")[0]
    page, line = link.split("#L")
    row = (pages / "config-reference.md").read_text().splitlines()[int(line) - 1]
    assert "`use_control_plane`" in row
