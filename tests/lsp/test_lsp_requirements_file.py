"""The file that a config names for its requirements: completed and pinned as the config's list."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from lsp_editor import Editor, OpenEditor, by_title
from lsp_marks import marked
from lsp_questions import edited
from lsprotocol import types

from lsp_server.distributions import EDITOR
from truss_base.distributions import installed

pytestmark = pytest.mark.asyncio(loop_scope="module")
HERE = installed(sys.path)
OTHER = "model_name: other\nrequirements: [ct-late==3, ct-shared==1, ct-other==2]\n"
REQUIRED = "# what it needs\nct-late==3\n"


@pytest.fixture
def trusses(tmp_path: Path) -> Path:
    """Two Trusses: one that keeps its requirements in a file, and one that pins packages."""
    for name, config in (("mine", "requirements_file: requirements.txt\n"), ("other", OTHER)):
        (tmp_path / name / "model").mkdir(parents=True)
        (tmp_path / name / "model" / "model.py").write_text("class Model: ...\n")
        (tmp_path / name / "config.yaml").write_text(config)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("ct-│", ["ct-other==2", "ct-shared==1"]),
        ("  ct-o│th", ["ct-other==2"]),
        ("ct_oth│er==1  # why", ["ct-other==2"]),
        ("ct-other==│; python_version < '4'", ["ct-other==2"]),
        ("# ct-│", []),
        ("httpx # ct-│", []),
        ("--│", []),
        ("-r ct-│", []),
        ("./ct-│", []),
        ("ct-│://example.com/a", []),
        ("ct-other @ ct-│", []),
        ("ct-other[ct-│]", []),
    ],
)
async def test_the_requirements_file_is_completed_as_the_list(
    trusses: Path, shared_editor: OpenEditor, line: str, offers: list[str]
) -> None:
    editor = await shared_editor(trusses)
    for truss in ("other", "mine"):
        editor.open(f"{truss}/config.yaml")
    assert await completed(editor, "mine/requirements.txt", line) == offers
    assert await completed(editor, "mine/remarks.txt", line) == []
    for truss in ("other", "mine"):
        editor.close(f"{truss}/config.yaml")


async def completed(editor: Editor, name: str, line: str) -> list[str]:
    text = marked(f"{REQUIRED}{line}\n")
    editor.open(name, text.text)
    found = await editor.client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(editor.uri(name)), text.cursor.start)
    )
    editor.close(name)
    assert isinstance(found, types.CompletionList)
    return [one.label for one in found.items]


@pytest.mark.parametrize(
    ("before", "after"),
    [("  htt│px # why", "  httpx=={} # why"), ("htt│px[http2]", "httpx[http2]=={}")],
)
async def test_a_line_of_the_requirements_file_is_pinned(
    trusses: Path, shared_editor: OpenEditor, before: str, after: str
) -> None:
    editor = await shared_editor(trusses)
    name, text = "mine/requirements.txt", marked(f"{REQUIRED}{before}\n")
    editor.open(name, text.text)
    offered = await editor.actions(name, text.cursor)
    pin = by_title(offered, f"Pin httpx to {HERE['httpx']}, as {EDITOR}").edit
    assert edited(editor, pin) == {name: f"{REQUIRED}{after.format(HERE['httpx'])}\n"}
    editor.close(name)
