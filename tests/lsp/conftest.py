"""Editors on real server processes, and Trusses for them to work on."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_clients import pushing
from lsp_editor import Editor, Json, OpenEditor
from lsp_truss import CONFIG, MODEL, SPEAKER
from lsprotocol import types

from truss_handle import operations


@pytest.fixture
def truss(tmp_path: Path) -> Path:
    """A small Truss in a folder of its own."""
    folder = tmp_path / "greeter"
    (folder / "model").mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "model" / "__init__.py").write_text("")
    (folder / "model" / "model.py").write_text(MODEL)
    return folder


@pytest.fixture
def speaker(tmp_path: Path) -> Path:
    """A Truss with files to name, code that reads what the config declares, and neighbours."""
    for name, text in SPEAKER.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "speaker"


@pytest.fixture
def fixture_truss(tmp_path: Path, fixture_trusses: Path) -> Callable[[str], Path]:
    """A copy of one of the repository's Trusses."""
    return lambda name: Path(shutil.copytree(fixture_trusses / name, tmp_path / name))


@pytest.fixture
def truss_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of its own, for this process and for the servers it starts."""
    home = tmp_path / "home"
    monkeypatch.setenv("CONTROL_TRUSS_HOME", str(home))
    return home


@pytest_asyncio.fixture
async def running(truss: Path, truss_home: Path) -> AsyncIterator[Path]:
    """A Truss to start: whatever runs of it is stopped, also where the test has failed."""
    yield truss
    await operations.stop(truss)


@pytest_asyncio.fixture
async def open_editor() -> AsyncIterator[OpenEditor]:
    """`await open_editor(folder, capabilities=…, options=…, settings=…)`; closed at the end."""
    editors: list[Editor] = []

    async def open_on(
        folder: Path,
        capabilities: types.ClientCapabilities | None = None,
        options: Json | None = None,
        settings: Json | None = None,
    ) -> Editor:
        editor = Editor(folder, settings)
        editors.append(editor)
        await editor.start(capabilities or pushing(), options)
        return editor

    yield open_on
    for editor in editors:
        await editor.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_editor() -> AsyncIterator[OpenEditor]:
    """`await shared_editor(folder, capabilities)`: one server per set of capabilities.

    For tests that need no server of their own: a start costs more than they do.
    """
    editors: dict[str, Editor] = {}

    async def turn_to(folder: Path, capabilities: types.ClientCapabilities | None = None) -> Editor:
        capabilities = capabilities or pushing()
        editor = editors.get(repr(capabilities))
        if editor is None:
            editor = editors[repr(capabilities)] = Editor(folder)
            await editor.start(capabilities)
        editor.turn_to(folder)
        return editor

    yield turn_to
    for editor in editors.values():
        await editor.stop()
