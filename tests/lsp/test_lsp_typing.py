"""Bad input, typed live: no crash, and at the end what a fresh open shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lsp_clients import pulling
from lsp_editor import Editor, OpenEditor
from lsp_marks import Marked
from lsprotocol import types

# No cursor stands between the two halves of a line break.
_STROKE = re.compile(r"\r\n|.", re.DOTALL)
pytestmark = pytest.mark.asyncio(loop_scope="module")

NASTY = {
    "no mapping": "- a\n- b\n",
    "a scalar": "just text\n",
    "empty": "",
    "only a comment": "# nothing\n",
    "tabs": "resources:\n\tcpu: 1\n",
    "duplicate keys": "model_name: a\nmodel_name: b\n",
    "anchors": "a: &x {cpu: '1'}\nresources: *x\n",
    "a merge key": "base: &b\n  cpu: '1'\nresources:\n  <<: *b\n  memory: 1Gi\n",
    "an alias of nothing": "resources: *nowhere\n",
    "an open quote": 'model_name: "abc\nresources:\n  cpu: 1\n',
    "an open bracket": "requirements: [a, b\nresources:\n  cpu: 1\n",
    "two documents": "model_name: a\n---\nmodel_name: b\n",
    "a directive": "%YAML 1.1\n---\nmodel_name: a\n",
    "a colon too many": "model_name: a: b\n",
    "a tag": "model_name: !!python/object:os.system {}\n",
    "control characters": "model_name: a\x07b\n",
    "characters in pairs": "model_name: \U0001f680\n\U0001f680: 1\n",
    "half a pair": "model_name: a\ud83d\nmodle_name: 1\n",
    "a NUL": "model_name: a\x00b\ncpu: 1\n",
    "a byte order mark": "\ufeffmodel_name: a\n",
    "Windows line ends": "resources:\r\n  cpu: 1\r\n  gpu: 2\r\n",
    "old Mac line ends": "resources:\r  cpu: 1\r  gpu: 2\r",
    "line ends of Unicode": "model_name: a\u2028b\u2029c\x85d\ncpu: 1\n",
    "conflict markers": "<<<<<<< HEAD\nmodel_name: a\n=======\nmodel_name: b\n>>>>>>> x\n",
    "jinja": "model_name: {{ name }}\n",
    "a self-referencing alias": "resources: &a [*a]\n",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
async def test_typed_forwards_and_backwards(
    truss: Path, shared_editor: OpenEditor, text: str
) -> None:
    start = "use_control_plane: true\n"
    editor = await shared_editor(truss, pulling())
    editor.open("config.yaml", start)
    before = await editor.pull("config.yaml")
    typed = start
    for stroke in _STROKE.findall(text):
        typed = _append(editor, typed, stroke)
        await editor.pull("config.yaml")
    after = await editor.pull("config.yaml")
    editor.open("config.yaml", typed)
    assert await editor.pull("config.yaml") == after, "differs from a fresh open"
    for stroke in reversed(_STROKE.findall(text)):
        typed = _drop_last(editor, typed, len(stroke))
    assert await editor.pull("config.yaml") == before
    assert editor.process.returncode is None


HUGE = {
    "5 MB of one value": "description: " + "x" * 5_000_000,
    "5 MB of keys": "".join(f"key_{number}: {number}\n" for number in range(300_000)),
    "flow nested 1,000 deep": "model_metadata: " + "[" * 1000 + "]" * 1000,
    "blocks nested 1,000 deep": "".join(f"{' ' * depth}k:\n" for depth in range(1000)),
    "a billion laughs": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
async def test_documents_beyond_reason_are_answered(
    truss: Path, shared_editor: OpenEditor, text: str
) -> None:
    editor = await shared_editor(truss, pulling())
    editor.open("config.yaml", text)
    found = await editor.pull("config.yaml")
    assert len(found) <= 200
    editor.write("config.yaml", "modle_name: x\n")
    assert [d.code for d in await editor.pull("config.yaml")] == ["unknown-key"]


def _append(editor: Editor, text: str, stroke: str) -> str:
    return _change(editor, text, len(text), 0, stroke)


def _drop_last(editor: Editor, text: str, length: int) -> str:
    return _change(editor, text, len(text) - length, length, "")


def _change(editor: Editor, text: str, start: int, length: int, new: str) -> str:
    """One incremental edit."""
    after = text[:start] + new + text[start + length :]
    before = Marked(text, (), ())
    span = types.Range(before.position(start), before.position(start + length))
    change = types.TextDocumentContentChangePartial(range=span, text=new)
    editor.edit("config.yaml", change, after)
    return after
