"""The language server and a container: what an editor sees of an engine that goes and returns."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from docker_trusses import only_container
from engine_gate import EngineGate
from lsp_clients import pushing
from lsp_editor import Editor, until

from truss_handle.runtimes.docker_endpoint import find_endpoint

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]
MODEL = "model/model.py"
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
