"""A version that does not stay: the one before it answers, the editor says why, at its line."""

from __future__ import annotations

from pathlib import Path

import mortality
import pytest
from lsp_editor import PATCH, Editor, OpenEditor, by_title, until, until_async

from truss_base.hash import truss_hash
from truss_handle import operations

pytestmark = pytest.mark.timeout(300)
MODEL = "model/model.py"
LOADS = 'self._greeting = "Hello"'
# Ends by itself whenever it is live: a version that never gets healthy.
ENDS = "import mortality; mortality.begin()"


async def started(truss: Path, open_editor: OpenEditor) -> Editor:
    editor = await open_editor(truss, settings={"patchOnSave": "on", "anyPython": True})
    editor.open(MODEL)
    answer = await editor.command("truss.startContainer")
    assert answer["ok"], answer
    return editor


async def greeting(editor: Editor) -> object:
    return (await editor.command("truss.predict", input={"name": "Ada"}))["output"]


async def test_a_version_that_does_not_load_leaves_the_old_one(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    right = truss_hash(running)
    await until(lambda: editor.statuses[-1]["in_sync"] is True)
    before = len(editor.statuses)
    editor.type(MODEL, LOADS, 'raise ValueError("no weights")')
    editor.save(MODEL)

    (found,) = await until(lambda: editor.latest(MODEL))
    assert found.code == "load-failed"
    assert editor.text(MODEL).splitlines()[found.range.start.line].strip().startswith("raise")
    said = "last patch failed: ValueError: no weights (model/model.py:6)"
    told = await until(lambda: [one for one in editor.statuses if one["message"] == said])
    assert (told[-1]["state"], told[-1]["hash"]) == ("ready", right)
    await until(lambda: editor.statuses[-1]["in_sync"] is False)
    assert True not in [one["in_sync"] for one in editor.statuses[before:]]
    assert await greeting(editor) == "Hello, Ada"
    patch = by_title(await editor.actions(MODEL), PATCH)
    assert patch.disabled is None, "it can be tried again"

    editor.type(MODEL, 'raise ValueError("no weights")', 'self._greeting = "Hi"')
    editor.save(MODEL)
    assert await greeting(editor) == "Hi, Ada"
    await until(
        lambda: (editor.statuses[-1]["in_sync"], editor.statuses[-1]["message"]) == (True, "")
    )
    await until(lambda: editor.latest(MODEL) == [])


async def test_a_model_file_that_is_gone_is_named(running: Path, open_editor: OpenEditor) -> None:
    editor = await started(running, open_editor)
    (running / MODEL).rename(running / "model" / "fruit.py")
    for command in ("truss.showPlan", "truss.patchContainer"):
        error = (await editor.command(command))["error"]
        assert error["type"] == "PatchRefused"
        assert "model/model.py is missing: it has to define the class Model" in error["message"]
    assert await greeting(editor) == "Hello, Ada"


async def test_a_version_that_ends_again_and_again_is_taken_back(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    right = truss_hash(running)
    assert await greeting(editor) == "Hello, Ada"

    async def healthy() -> bool:
        return bool((await operations.status(running)).raw["healthy"])

    await until_async(healthy)
    (running / "packages").mkdir()
    (running / "packages" / "mortality.py").write_text(mortality.TEXT)
    editor.type(MODEL, LOADS, f"{LOADS}; {ENDS}")
    editor.save(MODEL)
    wrong = truss_hash(running)

    told = await until(
        lambda: [s for s in editor.statuses if s["message"].startswith("taken back")]
    )
    assert told[0]["message"].startswith(f"taken back: {wrong[:12]}, since it ended 3 times")

    def is_back() -> bool:
        last = editor.statuses[-1]
        return (last["hash"], last["state"], last["in_sync"]) == (right, "ready", False)

    await until(is_back)
    # No line of the model is to blame for the end of a process: it is said about the Truss.
    (found,) = await until(lambda: editor.latest("config.yaml"))
    assert "ended with status 7" in found.message
    assert await greeting(editor) == "Hello, Ada"

    editor.type(MODEL, f"; {ENDS}", "; self._greeting += '!'")
    editor.save(MODEL)
    assert await greeting(editor) == "Hello!, Ada"
    await until(
        lambda: (editor.statuses[-1]["in_sync"], editor.statuses[-1]["message"]) == (True, "")
    )
    await until(lambda: editor.latest("config.yaml") == [])
