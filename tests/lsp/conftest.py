"""Editors on real server processes, and Trusses for them to work on."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsp_editor import Editor, Json
from lsprotocol import types

CONFIG = """\
model_name: greeter
python_version: py311
use_control_plane: true
resources:
  cpu: "1"
  memory: 1Gi
  accelerator: null
  use_gpu: false
"""
MODEL = """\
class Model:
    def __init__(self, **kwargs):
        self._greeting = None

    def load(self):
        self._greeting = "Hello"

    def predict(self, request):
        return f"{self._greeting}, {request['name']}"
"""

OpenEditor = Callable[..., Awaitable[Editor]]


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


def bare() -> types.ClientCapabilities:
    """A client without any optional capability."""
    return types.ClientCapabilities()


def pushing(**more: Any) -> types.ClientCapabilities:
    """A capable client that waits for diagnostics to be published."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=more.get("encodings")),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=True, relative_pattern_support=True
            ),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=True,
                tag_support=types.ClientDiagnosticsTagOptions(
                    [types.DiagnosticTag.Unnecessary, types.DiagnosticTag.Deprecated]
                ),
            ),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            code_action=types.CodeActionClientCapabilities(
                disabled_support=True,
                is_preferred_support=True,
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                ),
            ),
            diagnostic=types.DiagnosticClientCapabilities() if more.get("pull") else None,
        ),
    )


def pulling() -> types.ClientCapabilities:
    """The same client, asking for diagnostics itself."""
    return pushing(pull=True)
