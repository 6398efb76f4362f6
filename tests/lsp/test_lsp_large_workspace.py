"""Twenty thousand files: the server looks at what is opened and at nothing else, and then rests.

What it reads is seen by an audit hook in its own process: every file opened, every folder listed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from lsp_clients import pulling
from lsp_editor import Editor, OpenEditor, until_async
from lsp_truss import CONFIG, MODEL
from lsprotocol import types

FILES, FOLDERS = 20_000, 200
TRUSSES = ("services/greeter", "services/classifier", "research/deep/below/translator")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
REST_SECONDS, NEARLY_NOTHING = 2.0, 0.03  # a look every tenth of a second would cost more
# Imported by every Python on its way up: the server is watched from its first line on.
SPY = """\
import os, sys
_log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def _hook(event, arguments):
    if event in ("open", "os.scandir", "os.listdir", "glob.glob"):
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else ""
        if path.startswith({root!r}):
            os.write(_log, f"{{path}}\\n".encode())
sys.addaudithook(_hook)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many folders of many files, and three Trusses among them."""
    root = tmp_path_factory.mktemp("monorepo")
    for number in range(FOLDERS):
        folder = root / f"area{number % 10}" / f"part{number}"
        folder.mkdir(parents=True)
        for file in range(FILES // FOLDERS):
            os.mknod(folder / f"file{file}.py")
    for name in TRUSSES:
        (root / name / "model").mkdir(parents=True)
        (root / name / "config.yaml").write_text(CONFIG)
        (root / name / "model" / "model.py").write_text(MODEL)
    return root


@pytest.fixture
def looked_at(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of what a server that is started from now on reads below the workspace."""
    log = tmp_path / "looked-at"
    log.touch()
    (tmp_path / "sitecustomize.py").write_text(SPY.format(log=str(log), root=str(workspace)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return log


def seen(log: Path) -> list[str]:
    return log.read_text().splitlines()


async def asked(editor: Editor, name: str) -> types.Hover | None:
    """Something that is answered after everything sent before it."""
    document = types.TextDocumentIdentifier(editor.uri(name))
    return await editor.client.text_document_hover_async(
        types.HoverParams(document, types.Position(0, 2))
    )


async def test_a_start_reads_nothing_of_the_workspace(
    workspace: Path, looked_at: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(workspace, pulling())
    assert await asked(editor, "services/greeter/config.yaml") is None
    assert seen(looked_at) == []


async def test_an_open_document_leads_to_its_own_truss_only(
    workspace: Path, looked_at: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(workspace, pulling())
    for name in TRUSSES[:2]:
        config = f"{name}/config.yaml"
        editor.open(config)
        assert await editor.pull(config) == []
        assert await asked(editor, config) is not None
    folders = [Path(line).relative_to(workspace).parts[:2] for line in seen(looked_at)]
    assert {"/".join(parts) for parts in folders} == set(TRUSSES[:2])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_at_rest_it_uses_no_processor_and_watches_no_files_itself(
    workspace: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(workspace, pulling())
    editor.open(f"{TRUSSES[0]}/config.yaml")
    await editor.pull(f"{TRUSSES[0]}/config.yaml")

    async def rests() -> bool:
        return await _processor_seconds(editor, 0.3) == 0

    await until_async(rests)
    assert await _processor_seconds(editor, REST_SECONDS) <= NEARLY_NOTHING
    assert not [target for target in held(editor) if "inotify" in target]


async def _processor_seconds(editor: Editor, seconds: float) -> float:
    """What the server uses of the processor in so much time."""
    before = _ticks(editor)
    await asyncio.sleep(seconds)
    return (_ticks(editor) - before) / TICKS_PER_SECOND


def held(editor: Editor) -> list[str]:
    """What the server's descriptors lead to."""
    return [str(entry.readlink()) for entry in _proc(editor, "fd").iterdir()]


def _ticks(editor: Editor) -> int:
    fields = _proc(editor, "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _proc(editor: Editor, name: str) -> Path:
    return Path(f"/proc/{editor.process.pid}") / name
