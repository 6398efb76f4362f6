"""Cancelling ends the work, not only the wait; what dies under a command ends it with a word."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from lsp_editor import Editor, OpenEditor, until, until_async
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.timeout(300)
MODEL = "model/model.py"


async def hanging_patch(
    truss: Path, open_editor: OpenEditor
) -> tuple[Editor, asyncio.Future[Any], int]:
    """A patch whose `load` never ends; the process of the control plane that applies it."""
    editor = await open_editor(truss, settings={"patchOnSave": "off", "anyPython": True})
    editor.open(MODEL)
    assert (await editor.command("truss.startContainer"))["ok"]
    plane = (await editor.command("truss.showStatus"))["pid"]["control"]
    editor.type(MODEL, 'self._greeting = "Hello"', "import time; time.sleep(1e6)")
    editor.save(MODEL)
    params = types.ExecuteCommandParams(
        "truss.patchContainer", [{"uri": truss.as_uri()}], work_done_token="mine"
    )
    patch = asyncio.ensure_future(editor.client.workspace_execute_command_async(params))
    await until(lambda: editor.statuses[-1]["message"].startswith("loading"))
    return editor, patch, plane


async def test_a_cancelled_patch_is_given_up_by_the_container(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, patch, _ = await hanging_patch(running, open_editor)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("mine"))
    with pytest.raises(JsonRpcException, match="canceled"):
        await patch

    async def abandoned() -> bool:
        patches = (await editor.command("truss.showStatus"))["patches"]
        return bool(patches) and patches[-1].get("error") == "abandoned"

    await until_async(abandoned)
    answer = await editor.command("truss.predict", input={"name": "Ada"})
    assert answer["output"] == "Hello, Ada"


async def test_a_control_plane_that_dies_ends_the_patch(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, patch, plane = await hanging_patch(running, open_editor)
    os.kill(plane, signal.SIGKILL)
    answer = await patch
    assert answer["ok"] is False
    assert answer["error"]["type"] == "ServerUnavailable"
    await until(lambda: editor.statuses[-1]["state"] == "stopped")
    assert (await editor.command("truss.debugInfo"))["ok"]
