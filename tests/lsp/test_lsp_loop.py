"""The loop on a real Truss: start, edit, save, patched, new answer; and failures at their line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsp_clients import bare, pulling
from lsp_editor import PATCH, REBUILD, Editor, OpenEditor, by_title, until
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from truss_handle import operations

pytestmark = pytest.mark.timeout(300)
MODEL = "model/model.py"


async def started(
    truss: Path,
    open_editor: OpenEditor,
    mode: str = "on",
    capabilities: types.ClientCapabilities | None = None,
) -> Editor:
    """An editor whose Truss runs."""
    settings = {"patchOnSave": mode, "anyPython": True}
    editor = await open_editor(truss, capabilities, settings=settings)
    editor.open(MODEL)
    answer = await editor.command("truss.startContainer")
    assert answer["ok"], answer
    return editor


async def greeting(editor: Editor) -> object:
    answer = await editor.command("truss.predict", input={"name": "Ada"})
    assert answer["ok"], answer
    assert answer["status"] == 200
    assert answer["latency_ms"] > 0
    return answer["output"]


async def test_a_save_changes_what_the_running_truss_answers(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    assert await greeting(editor) == "Hello, Ada"
    before = len(editor.statuses)
    editor.type(MODEL, '"Hello"', '"Bonjour"')
    editor.save(MODEL)
    assert await greeting(editor) == "Bonjour, Ada"
    told = {(one["state"], one["in_sync"]) for one in editor.statuses[before:]}
    assert ("ready", False) not in told, "the end of a patch and its outcome are one change"
    status = await editor.command("truss.showStatus")
    assert (status["state"], status["in_sync"]) == ("ready", True)
    assert {"starting", "patching", "ready"} <= {one["state"] for one in editor.statuses}
    kinds = [type(value).__name__ for value in _progress(editor)]
    assert kinds.count("WorkDoneProgressBegin") == kinds.count("WorkDoneProgressEnd") >= 1
    stopped = await editor.command("truss.stopContainer")
    assert (stopped["ok"], stopped["stopped"]) == (True, True)
    await until(lambda: editor.statuses[-1]["state"] == "stopped")


async def test_a_failing_load_shows_at_its_line_until_it_is_mended(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.type(MODEL, 'self._greeting = "Hello"', "self._greeting = self._weights()")
    editor.type(
        MODEL,
        "    def predict(",
        '    def _weights(self):\n        raise ValueError("no weights")\n\n    def predict(',
    )
    editor.save(MODEL)
    (found,) = await until(lambda: editor.latest(MODEL))
    assert found.code == "load-failed"
    assert "ValueError: no weights" in found.message
    assert _marked(editor, found.range) == 'raise ValueError("no weights")'
    assert found.related_information is not None
    assert "load" in found.related_information[0].message
    assert await greeting(editor) == "Hello, Ada", "the old version keeps answering"

    editor.type(MODEL, "class Model:", "# a line above\nclass Model:")
    (moved,) = await editor.pushed(MODEL)
    assert _marked(editor, moved.range) == 'raise ValueError("no weights")'

    editor.type(MODEL, 'raise ValueError("no weights")', 'return "Salut"')
    editor.save(MODEL)
    assert await greeting(editor) == "Salut, Ada"
    await until(lambda: editor.latest(MODEL) == [])


async def test_a_syntax_error_shows_where_python_says(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.type(MODEL, "def load(self):", "def load(self:")
    editor.save(MODEL)
    found = await until(
        lambda: [one for one in editor.latest(MODEL) if "SyntaxError" in one.message]
    )
    assert editor.latest(MODEL) == found, "one mistake, one diagnostic"
    (found,) = found
    assert _marked(editor, found.range) == "def load(self:"


async def test_a_raising_predict_shows_at_its_line_until_one_succeeds(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor, capabilities=pulling())
    answer = await editor.command("truss.predict", input={"nom": "Ada"})
    assert answer["ok"] is False
    assert answer["status"] == 500
    assert answer["model_error"]["type"] == "KeyError"
    (found,) = await editor.pull(MODEL)
    assert found.code == "predict-failed"
    assert "request['name']" in _marked(editor, found.range)
    assert editor.client.diagnostic_refresh_count > 0
    assert editor.published == []
    await greeting(editor)
    assert await editor.pull(MODEL) == []


async def test_patching_is_offered_while_the_container_runs_something_else(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor, mode="off")
    editor.open("config.yaml")
    assert "already runs" in await _reason(editor, MODEL, PATCH)
    editor.type(MODEL, '"Hello"', '"Hej"')
    editor.save(MODEL)
    await until(lambda: editor.statuses[-1]["in_sync"] is False)
    for name in (MODEL, "config.yaml"):
        action = await _action(editor, name, PATCH)
        assert action.disabled is None
        assert action.command is not None
    patched = await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(action.command.command, action.command.arguments)
    )
    assert patched["changed"] is True
    assert patched["strategy"] in {"S1", "S2"}
    assert patched["timings_ms"]
    assert "already runs" in await _reason(editor, MODEL, PATCH)
    assert await greeting(editor) == "Hej, Ada"


async def test_changes_by_another_tool_are_noticed(running: Path, open_editor: OpenEditor) -> None:
    editor = await started(running, open_editor)
    watched = [one for one in editor.registrations if "WatchedFiles" in one.method]
    assert watched, "the client was not asked to watch"
    (running / "data.json").write_text("{}")
    event = types.FileEvent(editor.uri("data.json"), types.FileChangeType.Created)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await until(lambda: editor.statuses[-1]["in_sync"] is False)


async def test_what_another_program_wrote_follows_a_save(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    (running / "notes.json").write_text("{}")
    editor.type(MODEL, '"Hello"', '"Bonjour"')
    editor.save(MODEL)
    assert await greeting(editor) == "Bonjour, Ada"
    await until(lambda: editor.statuses[-1]["in_sync"] is True)
    (running / "model/words.py").write_text('WORD = "Salut"\n')
    editor.type(
        MODEL, 'self._greeting = "', "from model.words import WORD; self._greeting = WORD  # "
    )
    editor.save(MODEL)
    assert await greeting(editor) == "Salut, Ada"


async def test_what_a_terminal_starts_is_noticed(
    running: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(running)
    editor.open(MODEL)
    await until(lambda: editor.statuses)
    started = await operations.start(running, operations.StartOptions(any_python=True))
    records = (truss_home / "instances").as_uri()
    assert records in repr(editor.registrations), "the client was not asked to watch them"
    event = types.FileEvent(f"{records}/{started.id}/instance.json", types.FileChangeType.Created)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await until(lambda: editor.statuses[-1]["state"] == "ready")


async def test_what_only_a_rebuild_can_do_is_offered_as_one(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor, mode="off")
    editor.open("config.yaml")
    editor.type("config.yaml", "memory: 1Gi", "memory: 2Gi")
    editor.save("config.yaml")
    await until(lambda: editor.statuses[-1]["in_sync"] is False)
    plan = await editor.command("truss.showPlan")
    assert plan["strategy"] == "S4"
    assert "resources" in plan["markdown"]
    refused = await editor.command("truss.patchContainer")
    assert refused["error"]["type"] == "RebuildNeeded"
    assert refused["error"]["reasons"]
    await editor.command("truss.showStatus")
    assert "rebuild" in await _reason(editor, "config.yaml", PATCH)
    assert (await _action(editor, "config.yaml", REBUILD)).disabled is None
    rebuilt = await editor.command("truss.rebuildContainer")
    assert rebuilt["ok"], rebuilt
    assert await greeting(editor) == "Hello, Ada"


async def test_many_saves_end_with_the_newest(running: Path, open_editor: OpenEditor) -> None:
    editor = await started(running, open_editor)
    for number in range(8):
        editor.write(MODEL, (running / MODEL).read_text().replace("Hello", f"Hello{number}", 1))
        editor.save(MODEL)
    newest = (running / MODEL).read_text().split('"')[1]
    assert await greeting(editor) == f"{newest}, Ada"


async def test_a_save_does_not_wait_for_a_mistake_that_loads_for_ever(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.type(MODEL, 'self._greeting = "Hello"', "import time; time.sleep(1e6)")
    editor.save(MODEL)
    await until(lambda: editor.statuses[-1]["message"].startswith("loading"))
    editor.type(MODEL, "import time; time.sleep(1e6)", 'self._greeting = "Salut"')
    editor.save(MODEL)
    assert await greeting(editor) == "Salut, Ada"


async def test_the_other_commands_answer(running: Path, open_editor: OpenEditor) -> None:
    editor = await started(running, open_editor)
    await greeting(editor)
    offered = await editor.command("truss.predictInput")
    assert (offered["input"], offered["source"]) == ({"name": "Ada"}, "last")
    logs = await editor.command("truss.logs", tail=50)
    assert logs["ok"], logs
    assert isinstance(logs["lines"], list)
    again = await editor.command("truss.startContainer")
    assert again["ok"], "starting what runs is no error"


async def test_a_client_without_any_optional_capability(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(running, bare(), {"settings": {"anyPython": True}})
    editor.open(MODEL)
    assert (await editor.command("truss.startContainer"))["ok"]
    editor.type(MODEL, '"Hello"', '"Hola"')
    editor.save(MODEL)
    assert (await editor.command("truss.patchContainer"))["ok"]
    assert await greeting(editor) == "Hola, Ada"
    assert editor.registrations == []
    assert editor.client.progress_reports == {}


async def test_a_stop_ends_a_start_that_takes_for_ever(
    running: Path, open_editor: OpenEditor
) -> None:
    text = (running / MODEL).read_text()
    (running / MODEL).write_text(text.replace('"Hello"', "__import__('time').sleep(3600)"))
    editor = await open_editor(running, settings={"anyPython": True})
    start = asyncio.ensure_future(editor.command("truss.startContainer"))
    await until(lambda: any("load" in one["message"] for one in editor.statuses))
    stopped = await editor.command("truss.stopContainer")
    assert stopped["ok"], stopped
    assert (await start)["error"]["type"] == "Superseded"
    assert (await editor.command("truss.showStatus"))["state"] == "stopped"


async def test_the_cancel_button_ends_the_work(running: Path, open_editor: OpenEditor) -> None:
    text = (running / MODEL).read_text()
    (running / MODEL).write_text(text.replace('"Hello"', "__import__('time').sleep(3600)"))
    editor = await open_editor(running, settings={"anyPython": True})
    start = asyncio.ensure_future(editor.command("truss.startContainer"))
    await until(lambda: any("load" in one["message"] for one in editor.statuses))
    (token,) = editor.client.progress_reports
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    with pytest.raises(JsonRpcException, match="canceled"):
        await start
    assert type(_progress(editor)[-1]).__name__ == "WorkDoneProgressEnd"


def _marked(editor: Editor, span: types.Range) -> str:
    assert span.start.line == span.end.line
    line = editor.text(MODEL).splitlines()[span.start.line]
    return line[span.start.character : span.end.character]


def _progress(editor: Editor) -> list[object]:
    return [value for values in editor.client.progress_reports.values() for value in values]


async def _action(editor: Editor, name: str, title: str) -> types.CodeAction:
    return by_title(await editor.actions(name), title)


async def _reason(editor: Editor, name: str, title: str) -> str:
    disabled = (await _action(editor, name, title)).disabled
    return disabled.reason if disabled else ""
