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


def slow_to_build(truss: Path) -> Path:
    """A requirement whose build never ends; the file that names the process which builds it."""
    mark = truss.parent / "building"
    package = {
        "pyproject.toml": "[build-system]\nrequires = []\n"
        "build-backend = 'backend'\nbackend-path = ['.']\n"
        "[project]\nname = 'slow'\nversion = '1'\n",
        "backend.py": "import os, pathlib, time\n"
        "def build_wheel(*_, **__):\n"
        f"    pathlib.Path({str(mark)!r}).write_text(f'{{os.getpid()}} {{os.getppid()}}')\n"
        "    time.sleep(1e6)\n",
    }
    (truss / "slow").mkdir()
    for name, text in package.items():
        (truss / "slow" / name).write_text(text)
    with (truss / "config.yaml").open("a") as config:
        config.write("requirements: [./slow]\n")
    return mark


async def building(
    truss: Path, open_editor: OpenEditor
) -> tuple[Editor, asyncio.Future[Any], int, int]:
    """A start that installs; the processes of the package's build and of the installer."""
    mark = slow_to_build(truss)
    editor = await open_editor(truss, settings={"anyPython": True})
    params = types.ExecuteCommandParams(
        "truss.startContainer", [{"uri": truss.as_uri()}], work_done_token="mine"
    )
    start = asyncio.ensure_future(editor.client.workspace_execute_command_async(params))
    await until(lambda: mark.exists() and mark.read_text())
    build, installer = map(int, mark.read_text().split())
    return editor, start, build, installer


async def test_a_cancelled_start_ends_the_installation(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, start, build, installer = await building(running, open_editor)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("mine"))
    with pytest.raises(JsonRpcException, match="canceled"):
        await start
    await until(lambda: not (runs(build) or runs(installer)))
    assert (await editor.command("truss.showStatus"))["state"] == "stopped"


async def test_an_installer_that_dies_ends_the_start(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, start, build, installer = await building(running, open_editor)
    os.kill(installer, signal.SIGKILL)
    answer = await start
    assert answer["error"]["type"] == "EnvironmentFailed", answer
    assert answer["error"]["message"].endswith("uv ended with status -9")
    await until(lambda: not runs(build))
    await until(lambda: editor.statuses[-1]["state"] == "stopped")


WAITING = """\
import asyncio
from pathlib import Path


class Model:
    async def predict(self, request):
        if request.get("wait"):
            Path("{begun}").touch()
            try:
                await asyncio.sleep(1e6)
            finally:
                Path("{ended}").touch()
        return "here"
"""


async def waiting(truss: Path, open_editor: OpenEditor) -> tuple[Editor, asyncio.Future[Any], Path]:
    """A prediction that the model works at for ever; the file that says when it has stopped."""
    begun, ended = truss.parent / "begun", truss.parent / "ended"
    text = WAITING.replace("{begun}", str(begun)).replace("{ended}", str(ended))
    (truss / MODEL).write_text(text)
    editor = await open_editor(truss, settings={"patchOnSave": "off", "anyPython": True})
    editor.open(MODEL)
    started = await editor.command("truss.startContainer")
    assert started["ok"], started
    argument = {"uri": truss.as_uri(), "input": {"wait": True}}
    params = types.ExecuteCommandParams("truss.predict", [argument], work_done_token="mine")
    asking = asyncio.ensure_future(editor.client.workspace_execute_command_async(params))
    await until(begun.exists)
    return editor, asking, ended


async def test_a_cancelled_prediction_is_cancelled_in_the_model(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, asking, ended = await waiting(running, open_editor)
    assert not ended.exists()
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("mine"))
    with pytest.raises(JsonRpcException, match="canceled"):
        await asking
    await until(ended.exists)


async def test_a_model_that_dies_under_a_prediction_ends_it(
    running: Path, open_editor: OpenEditor
) -> None:
    editor, asking, _ = await waiting(running, open_editor)
    pid = (await editor.command("truss.showStatus"))["pid"]["inference"]
    os.kill(pid, signal.SIGKILL)
    answer = await asking
    assert (answer["ok"], answer["status"]) == (False, 502)
    assert (await editor.command("truss.predict", input={}))["output"] == "here"


def runs(pid: int) -> bool:
    """Whether a process still does anything; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
