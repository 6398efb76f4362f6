"""The state of the container comes by itself: from other tools, after crashes, of several."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import httpx
import pytest
from lsp_clients import bare
from lsp_editor import Editor, Json, OpenEditor, until

from truss_handle import operations

pytestmark = pytest.mark.timeout(300)
MODEL = "model/model.py"


async def started(truss: Path, open_editor: OpenEditor) -> tuple[Editor, Json]:
    editor = await open_editor(truss, settings={"patchOnSave": "off", "anyPython": True})
    editor.open(MODEL)
    answer = await editor.command("truss.startContainer")
    assert answer["ok"], answer
    return editor, answer


async def test_a_patch_by_another_tool_shows(running: Path, open_editor: OpenEditor) -> None:
    editor, _ = await started(running, open_editor)
    before = editor.statuses[-1]["hash"]
    text = (running / MODEL).read_text()
    (running / MODEL).write_text(text.replace("Hello", "Hallo"))
    patched = await operations.patch(running)
    assert patched.hash != before
    # No file event was sent: the container itself has told.
    await until(lambda: editor.statuses[-1]["hash"] == patched.hash)
    await until(lambda: editor.statuses[-1]["in_sync"] is True)


async def test_a_failing_request_of_anybody_shows_at_its_line_until_one_succeeds(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, answer = await started(running, open_editor)
    url = f"{answer['url']}/v1/models/model:predict"
    async with httpx.AsyncClient(trust_env=False) as anybody:
        assert (await anybody.post(url, json={})).status_code == 500
        (found,) = await until(lambda: editor.latest(MODEL))
        assert found.code == "predict-failed"
        assert (await anybody.post(url, json={"name": "Ada"})).status_code == 200
    await until(lambda: editor.latest(MODEL) == [])


async def test_the_end_of_a_container_shows_and_so_does_its_return(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, _ = await started(running, open_editor)
    status = await editor.command("truss.showStatus")
    os.kill(status["pid"]["control"], signal.SIGKILL)
    await until(lambda: editor.statuses[-1]["state"] == "stopped")
    assert (await editor.command("truss.startContainer"))["ok"]
    await until(lambda: editor.statuses[-1]["state"] == "ready")
    (await operations.stop(running))
    await until(lambda: editor.statuses[-1]["state"] == "stopped")


async def test_two_trusses_of_one_workspace_are_told_apart(
    tmp_path: Path, running: Path, open_editor: OpenEditor
) -> None:
    other = Path(shutil.copytree(running, tmp_path / "elsewhere" / "greeter"))
    try:
        for folder in (running, other):
            await operations.start(folder, operations.StartOptions(any_python=True))
        editor = await open_editor(tmp_path, settings={"patchOnSave": "off"})
        names = {folder: f"{folder.relative_to(tmp_path)}/{MODEL}" for folder in (running, other)}
        for name in names.values():
            editor.open(name)
        for folder in names:
            await until(lambda f=folder: _state(editor, f) == "ready")
        await operations.stop(other)
        await until(lambda: _state(editor, other) == "stopped")
        assert _state(editor, running) == "ready"
    finally:
        await operations.stop(other)


async def test_a_client_that_tells_of_no_edits_is_up_to_date_after_a_save(
    running: Path, open_editor: OpenEditor
) -> None:
    options = {"settings": {"anyPython": True, "patchOnSave": "off"}}
    editor = await open_editor(running, bare(), options)
    editor.open(MODEL)
    assert (await editor.command("truss.startContainer"))["ok"]
    editor.type(MODEL, '"Hello"', '"Hola"')
    editor.save(MODEL)
    await until(lambda: editor.statuses[-1]["in_sync"] is False)


def _state(editor: Editor, folder: Path) -> str | None:
    told = [one["state"] for one in editor.statuses if one["uri"] == folder.as_uri()]
    return told[-1] if told else None
