"""What is typed is prepared before it is saved: the container writes and compiles it ahead."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from lsp_editor import Editor, Json, OpenEditor, until_async

from truss_base.hash import truss_hash

pytestmark = pytest.mark.timeout(300)
MODEL = "model/model.py"
PATIENCE = 0.6  # seconds, several times the pause after which a preparation begins


async def started(truss: Path, open_editor: OpenEditor, **settings: object) -> Editor:
    chosen = {"patchOnSave": "on", "anyPython": True, **settings}
    editor = await open_editor(truss, settings=chosen)
    editor.open(MODEL)
    editor.open("config.yaml")
    answer = await editor.command("truss.startContainer")
    assert answer["ok"], answer
    return editor


async def prepared(editor: Editor) -> str | None:
    """The hash of what the container was told to prepare last."""
    told = await editor.command("truss.debugInfo")
    found: str | None = told["trusses"][editor.folder.as_uri()]["prepared"]
    return found


def hash_once_saved(editor: Editor, *names: str) -> str:
    """What the version with these buffers saved will be called."""
    copy = Path(shutil.copytree(editor.folder, editor.folder.parent / "once-saved"))
    for name in names:
        (copy / name).write_text(editor.text(name))
    return truss_hash(copy)


async def saved(editor: Editor, name: str, greeting: str) -> Json:
    """Saves, and sees the new answer; what the container says of the patch."""
    editor.save(name)
    answer = await editor.command("truss.predict", input={"name": "Ada"})
    assert answer["output"] == greeting
    patch: Json = (await editor.command("truss.showStatus"))["patches"][-1]
    return patch


async def test_a_save_commits_what_was_prepared(running: Path, open_editor: OpenEditor) -> None:
    editor = await started(running, open_editor)
    editor.type(MODEL, "{self._greeting},", "{self._greeting}!")
    ahead = await until_async(lambda: prepared(editor))
    unseen = await editor.command("truss.predict", input={"name": "Ada"})
    assert unseen["output"] == "Hello, Ada", "nothing of it is visible before the save"
    patch = await saved(editor, MODEL, "Hello! Ada")
    assert patch["hash"] == ahead
    assert "stage" not in patch["timings_ms"], "the files were there already"


async def test_what_was_prepared_is_dropped_for_what_is_saved(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.type(MODEL, "{self._greeting},", "{self._greeting}!")
    ahead = await until_async(lambda: prepared(editor))
    editor.type(MODEL, "{self._greeting}!", "{self._greeting}?")
    patch = await saved(editor, MODEL, "Hello? Ada")
    assert patch["hash"] != ahead


async def test_two_unsaved_files_are_prepared_and_saved_together(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.type("config.yaml", "model_name: greeter", "model_name: welcomer")
    editor.type(MODEL, "{self._greeting},", "{self._greeting}!")
    wanted = hash_once_saved(editor, "config.yaml", MODEL)

    async def both_are_prepared() -> bool:
        return await prepared(editor) == wanted

    await until_async(both_are_prepared)
    editor.save("config.yaml")
    patch = await saved(editor, MODEL, "Hello! Ada")
    assert patch["hash"] == wanted


@pytest.mark.parametrize(
    ("settings", "old", "new"),
    [
        ({}, "def predict(self, request):", "def predict(self, request:"),
        ({"prepareWhileTyping": False}, "{self._greeting},", "{self._greeting}!"),
        ({"patchOnSave": "ask"}, "{self._greeting},", "{self._greeting}!"),
    ],
    ids=["no Python", "switched off", "a save would not patch"],
)
async def test_nothing_is_prepared_for(
    running: Path, open_editor: OpenEditor, settings: Json, old: str, new: str
) -> None:
    editor = await started(running, open_editor, **settings)
    editor.type(MODEL, old, new)
    # That nothing happens can only be waited for.
    await asyncio.sleep(PATIENCE)
    assert await prepared(editor) is None


async def test_nothing_is_prepared_while_nothing_runs(
    truss: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss, settings={"patchOnSave": "on"})
    editor.open(MODEL)
    editor.type(MODEL, "{self._greeting},", "{self._greeting}!")
    await asyncio.sleep(PATIENCE)
    assert await prepared(editor) is None
