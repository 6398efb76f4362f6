"""The language server and a container: what an editor sees of an engine that goes and returns."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from docker_trusses import only_container
from engine_gate import EngineGate
from lsp_clients import pushing
from lsp_editor import Editor, until, until_async
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from truss_handle.runtimes.docker_endpoint import find_endpoint
from truss_handle.runtimes.docker_engine import engine

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]
MODEL = "model/model.py"
ENDLESS = "sleep 987654"
SETTINGS = {"patchOnSave": "on", "runtime": "docker", "prepareWhileTyping": False}


@pytest_asyncio.fixture
async def gate(tmp_path: Path) -> AsyncIterator[EngineGate]:
    socket = find_endpoint(os.environ, Path.home()).socket
    if socket is None:
        pytest.skip("the engine is not behind a Unix socket")
    gate = EngineGate(tmp_path / "engine.sock", socket)
    await gate.open()
    yield gate
    await gate.shut()


@pytest_asyncio.fixture
async def editor(
    truss: Path, gate: EngineGate, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Editor]:
    """An editor whose server, alone, sees the engine through the gate."""
    editor = Editor(truss, SETTINGS)
    with monkeypatch.context() as environment:
        environment.setenv("DOCKER_HOST", gate.host)
        await editor.start(pushing())
    editor.open(MODEL)
    yield editor
    await editor.stop()


async def answer(editor: Editor) -> object:
    said = await editor.command("truss.predict", input={})
    assert said["ok"], said
    return said["output"]["answer"]


async def test_an_engine_that_comes_back_is_found_again(
    truss: Path, editor: Editor, gate: EngineGate
) -> None:
    started = await editor.command("truss.startContainer")
    assert started["ok"], started
    assert await answer(editor) == "first"

    container = only_container(truss)
    await gate.shut()
    await asyncio.to_thread(container.stop)
    await until(lambda: editor.statuses[-1]["state"] == "unreachable")
    # Nothing hangs: what needs the engine says so, all else goes on.
    for command in ("truss.predict", "truss.patchContainer", "truss.startContainer"):
        refused = await editor.command(command)
        assert refused["error"]["type"] == "DockerUnavailable", refused
    assert (await editor.command("truss.debugInfo"))["ok"]

    await asyncio.to_thread(container.start)
    await gate.open()
    await until(lambda: editor.statuses[-1]["state"] == "ready")
    await until(lambda: editor.statuses[-1]["in_sync"] is True)
    assert await answer(editor) == "first"
    editor.type(MODEL, '"first"', '"second"')
    editor.save(MODEL)
    assert await answer(editor) == "second"
    assert only_container(truss).id == container.id


async def building(truss: Path, editor: Editor) -> asyncio.Future[Any]:
    """A start that is at a step of the image's build that never ends."""
    with (truss / "config.yaml").open("a") as config:
        config.write(f"build_commands: ['{ENDLESS}']\n")
    params = types.ExecuteCommandParams(
        "truss.startContainer", [{"uri": truss.as_uri()}], work_done_token="mine"
    )
    start = asyncio.ensure_future(editor.client.workspace_execute_command_async(params))
    await until(lambda: any(ENDLESS in one["message"] for one in editor.statuses), 200)
    await until_async(builds)
    return start


async def test_a_cancelled_start_ends_the_build_in_the_engine(truss: Path, editor: Editor) -> None:
    start = await building(truss, editor)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("mine"))
    with pytest.raises(JsonRpcException, match="canceled"):
        await start
    await until_async(builds_no_more)
    assert (await editor.command("truss.showStatus"))["state"] == "stopped"


async def test_an_engine_that_goes_away_ends_the_start(
    truss: Path, editor: Editor, gate: EngineGate
) -> None:
    start = await building(truss, editor)
    await gate.shut()
    answer = await start
    assert answer["error"]["type"] == "DockerUnavailable", answer
    await until_async(builds_no_more)


async def builds() -> bool:
    """Whether the engine is at the step that never ends."""
    return await asyncio.to_thread(_builds)


async def builds_no_more() -> bool:
    """Whether the engine has given it up."""
    return not await builds()


def _builds() -> bool:
    with engine() as (client, _):
        return any(ENDLESS in one["Command"] for one in client.api.containers())
