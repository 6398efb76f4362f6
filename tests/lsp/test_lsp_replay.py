"""Two thousand edits of real configs, replayed as an editor sends them: nothing stays stale.

The edits come from a seed: what people do to a line (type, delete, break, join, indent, paste), and
characters outside the basic plane among them, so that each encoding counts differently.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsp_clients import pushing
from lsp_editor import Editor, OpenEditor, until
from lsp_marks import Marked
from lsprotocol import types

FILES = 20
EDITS = {"utf-8": 25, "utf-16": 100, "utf-32": 25}
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "truss"
OWN = Path(__file__).resolve().parents[2] / "fixtures"
PASTED = ("🚀", "é", ": ", "\n", "\r\n", "  ", "- ", "#", "{", "]", '"', "'", "\t", "x", "𝕏: 1\n")


def texts() -> list[str]:
    """Twenty configs: of the corpus where it is there, else ours in as many variants."""
    paths = sorted(CORPUS.rglob("config.yaml"), key=lambda path: (path.stat().st_size, path))
    found = [path.read_bytes().decode() for path in paths[:: max(1, len(paths) // FILES)][:FILES]]
    if found:
        return found
    own = [path.read_bytes().decode() for path in sorted(OWN.glob("*/config.yaml"))]
    return [f"# {number}\n{own[number % len(own)]}" for number in range(FILES)]


def edits(text: str, seed: int, number: int) -> Iterator[tuple[int, int, str]]:
    """Start, end and new text of each edit, in characters of the text as it is by then."""
    chance = random.Random(seed)
    for _ in range(number):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice([0, 0, 0, 1, 1, 2, 10]))
        new = chance.choice(PASTED) if end == start or chance.random() < 0.3 else ""
        if text[start - 1 : start] == "\r" or text[end - 1 : end] == "\r":
            continue  # no editor's cursor stands between the two halves of a line break
        yield start, end, new
        text = text[:start] + new + text[end:]


async def replay(editor: Editor, text: str, seed: int, encoding: str) -> str:
    editor.open("config.yaml", text)
    for start, end, new in edits(text, seed, EDITS[encoding]):
        before = Marked(text, (), ())
        span = types.Range(before.position(start, encoding), before.position(end, encoding))
        text = text[:start] + new + text[end:]
        editor.edit("config.yaml", types.TextDocumentContentChangePartial(span, new), text)
    return text


@pytest.mark.parametrize("encoding", EDITS)
async def test_at_the_end_of_many_edits_stands_what_a_fresh_open_shows(
    truss: Path, open_editor: OpenEditor, encoding: str
) -> None:
    able = pushing(encodings=[types.PositionEncodingKind(encoding)])
    editor, fresh = await open_editor(truss, able), await open_editor(truss, able)
    for seed, text in enumerate(texts()):
        editor.published.clear()
        after = await replay(editor, text, seed, encoding)
        # A save settles whether this is still the config of a Truss.
        editor.save("config.yaml")
        fresh.published.clear()
        fresh.open("config.yaml", after)
        shown = await fresh.shown("config.yaml", 1)
        version = editor.version("config.yaml")
        assert await editor.shown("config.yaml", version) == shown, f"stale after edits {seed}"
        editor.close("config.yaml")
        fresh.close("config.yaml")
    assert editor.process.returncode is None


async def test_a_folder_that_is_renamed_or_removed_is_no_truss_any_more(
    truss: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss)
    editor.open("config.yaml", "modle_name: x\nuse_control_plane: true\n")
    assert await editor.pushed("config.yaml")
    moved = await asyncio.to_thread(truss.rename, truss.with_name("elsewhere"))
    editor.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(
            [types.FileEvent(editor.uri("config.yaml"), types.FileChangeType.Deleted)]
        )
    )
    editor.close("config.yaml")
    await until(lambda: editor.latest("config.yaml") == [])
    editor.turn_to(moved)
    editor.open("config.yaml", "modle_name: x\nuse_control_plane: true\n")
    assert await editor.pushed("config.yaml")
