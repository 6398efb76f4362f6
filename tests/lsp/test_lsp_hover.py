"""Hover over names that config and Python share, and over requirements."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_editor import Editor, OpenEditor, until_async
from lsp_marks import marked
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODEL = """\
import os


class Model:
    def load(self):
        self._token = self._secrets["hf_token"]

    def predict(self, request):
        return os.environ["MODE"], "plain"
"""


async def hovered(editor: Editor, name: str, source: str) -> str:
    """What hovering over the mark says; "" where nothing is said."""
    text = marked(source)
    editor.open(name, text.text)
    answer = await editor.client.text_document_hover_async(
        types.HoverParams(
            types.TextDocumentIdentifier(editor.uri(name)),
            text.cursor.start,
        )
    )
    editor.close(name)
    if answer is None:
        return ""
    assert isinstance(answer.contents, types.MarkupContent)
    return answer.contents.value


@pytest.fixture
def secretive(truss: Path) -> Path:
    (truss / "model" / "model.py").write_text(MODEL)
    (truss / "config.yaml").write_text(
        "model_name: x\nrequirements_file: requirements.txt\nsecrets:\n  hf_token: null\n"
    )
    return truss


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("config.yaml", "secrets:\n  hf│_token: null\n", ["secret", "read in [model/model.py:6]"]),
        ("config.yaml", "secrets:\n  lo│st: null\n", ["read nowhere by its name"]),
        (
            "model/model.py",
            MODEL.replace("hf_token", "hf_│token"),
            ["declared in [config.yaml:4]", "read in [model/model.py:6]"],
        ),
        (
            "model/model.py",
            MODEL.replace("MODE", "MO│DE"),
            ["environment variable", "not declared"],
        ),
        ("config.yaml", "requirements:\n  - nump│y==1\n", ["`numpy`", "in this editor's Python"]),
        ("config.yaml", "requirements:\n  - no-such-pa│ckage\n", ["not installed"]),
        ("requirements.txt", "# all\npyt│est>=8  # to try it\n", ["`pytest`", "editor's Python"]),
        ("requirements.txt", "-r oth│er.txt\n", []),
        ("other.txt", "nump│y\n", []),
    ],
)
async def test_hover_tells(
    secretive: Path, shared_editor: OpenEditor, name: str, source: str, says: list[str]
) -> None:
    editor = await shared_editor(secretive)
    text = await hovered(editor, name, source)
    assert [part for part in says if part not in text] == []
    assert bool(text) == bool(says)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "resources:\n  mem│ory: 16Gi\n",
            ["**`resources.memory`**", "default: `2Gi`", "unit: bytes", "**rebuild**"],
        ),
        ("resources:\n  memory: 16│Gi\n", ["**`resources.memory`**"]),
        ("resources: {accelerator: H1│00:2}\n", ["allowed: `T4`", "`H100`"]),
        ("environment_var│iables:\n  A: b\n", ["**new environment**", "(S3)"]),
        ("model_na│me: x\n", ["text", "**reload**", "(S2)"]),
        (
            "runtime:\n  is_websocket_en│dpoint: true\n",
            ["since truss 0.9.70", "deprecated: ", "use `transport: {kind: websocket}`"],
        ),
        ("hf_ca│che: []\n", ["since truss", "deprecated: ", "use `weights`"]),
        ("weights:\n- sou│rce: x\n", ["required", "since truss 0.12.3"]),
        (
            "runtime:\n  transport:\n    ki│nd: grpc\n",
            ["allowed: `http`, `websocket`, `grpc`"],
        ),
    ],
)
async def test_hover_says_all_there_is_about_a_key(
    secretive: Path, shared_editor: OpenEditor, source: str, says: list[str]
) -> None:
    editor = await shared_editor(secretive)
    # The link comes with the pages, which are written beside the first questions.
    text = await until_async(lambda: _with_link(editor, source))
    assert [part for part in says if part not in text] == []


async def _with_link(editor: Editor, source: str) -> str:
    text = await hovered(editor, "config.yaml", source)
    return text if "[Reference](file://" in text else ""


async def test_python_that_shares_nothing_is_left_to_others(
    secretive: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(secretive)
    for old, new in (("plain", "pl│ain"), ("predict", "pre│dict"), ("os.", "o│s.")):
        assert await hovered(editor, "model/model.py", MODEL.replace(old, new, 1)) == ""
