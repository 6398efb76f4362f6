"""Bad input, typed live: no crash, and at the end what a fresh open shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import pulling
from lsp_editor import OpenEditor
from lsprotocol import types

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
    "a lone surrogate pair": "model_name: \U0001f680\n\U0001f680: 1\n",
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
    for character in text:
        typed = _append(editor, typed, character)
        await editor.pull("config.yaml")
    after = await editor.pull("config.yaml")
    editor.open("config.yaml", typed)
    assert await editor.pull("config.yaml") == after, "differs from a fresh open"
    while typed != start:
        typed = _drop_last(editor, typed)
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


def _append(editor: object, text: str, character: str) -> str:
    return _change(editor, text, len(text), 0, character)


def _drop_last(editor: object, text: str) -> str:
    return _change(editor, text, len(text) - 1, 1, "")


def _change(editor: object, text: str, start: int, length: int, new: str) -> str:
    """One incremental edit, its range worked out by hand in UTF-16."""
    after = text[:start] + new + text[start + length :]
    span = types.Range(_position(text, start), _position(text, start + length))
    change = types.TextDocumentContentChangePartial(range=span, text=new)
    editor.edit("config.yaml", change, after)  # type: ignore[attr-defined]
    return after


def _position(text: str, index: int) -> types.Position:
    lines = text[:index].replace("\r\n", "\n").split("\n")
    return types.Position(len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2)
