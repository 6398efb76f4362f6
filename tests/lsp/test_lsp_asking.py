"""A save that asks first: with the plan, remembered where the client can, and obeyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsp_clients import pulling, pushing
from lsp_editor import Editor, Json, OpenEditor, until
from lsprotocol import types

from lsp_server.uris import path_of
from truss_base.hash import truss_hash

pytestmark = pytest.mark.timeout(300)
MODEL = "model/model.py"


async def started(
    truss: Path,
    open_editor: OpenEditor,
    mode: str = "ask",
    capabilities: types.ClientCapabilities | None = None,
    options: Json | None = None,
) -> Editor:
    settings = {"patchOnSave": mode, "anyPython": True}
    editor = await open_editor(truss, capabilities, options, settings)
    editor.open(MODEL)
    assert (await editor.command("truss.startContainer"))["ok"]
    return editor


async def greeting(editor: Editor) -> object:
    return (await editor.command("truss.predict", input={"name": "Ada"}))["output"]


def heard(editor: Editor, notification: str, then: str | None = None) -> list[Json]:
    """What is told under a name; `then` is the answer to the questions after it."""
    told: list[Json] = []

    @editor.client.feature(notification)
    def hear(params: Any) -> None:
        told.append(params._asdict())
        editor.answer = then or editor.answer

    return told


async def test_it_asks_once_with_the_plan_and_obeys(running: Path, open_editor: OpenEditor) -> None:
    editor = await started(running, open_editor)
    editor.answer = "Never"
    editor.type(MODEL, '"Hello"', '"Hi"')
    editor.save(MODEL)
    (question,) = await until(lambda: editor.questions)
    titles = [item.title for item in question.actions or []]
    assert titles == ["Patch", "Always", "Never", "Show plan"]
    assert "S2 reload: " in question.message
    assert "load" in question.message
    editor.save(MODEL)
    assert await greeting(editor) == "Hello, Ada"
    assert len(editor.questions) == 1


async def test_always_holds_and_is_said_to_a_client_that_cannot_keep_it(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.answer = "Always"
    before = truss_hash(running)
    editor.type(MODEL, '"Hello"', '"Hi"')
    editor.save(MODEL)
    await until(lambda: editor.statuses[-1]["hash"] not in (None, before))
    assert await greeting(editor) == "Hi, Ada"
    assert '"controlTruss.patchOnSave": "on"' in editor.client.messages[0].message
    editor.type(MODEL, '"Hi"', '"Hey"')
    editor.save(MODEL)
    assert await greeting(editor) == "Hey, Ada"
    assert len(editor.questions) == 1


async def test_a_client_with_commands_keeps_the_word_and_opens_the_plan(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor, options={"clientCommands": True})
    kept = heard(editor, "truss/rememberPatchOnSave")
    plans = heard(editor, "truss/showPlan", then="Never")
    editor.answer = "Show plan"
    editor.type(MODEL, '"Hello"', '"Hi"')
    editor.save(MODEL)
    (plan,) = await until(lambda: plans)
    assert plan["uri"] == running.as_uri()
    assert "| change | strategy | why |" in plan["markdown"]
    (word,) = await until(lambda: kept)
    assert word == {"uri": running.as_uri(), "value": "off"}
    assert editor.client.messages == []


def opening() -> types.ClientCapabilities:
    """A client without commands of its own that opens documents when it is asked to."""
    able = pushing()
    assert able.window is not None
    able.window.show_document = types.ShowDocumentClientCapabilities(support=True)
    return able


async def test_a_client_that_opens_documents_is_shown_the_plan_as_one(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor, capabilities=opening())
    opened = editor.client.shown_documents
    editor.answer = "Show plan"
    editor.type(MODEL, '"Hello"', '"Hi"')
    editor.save(MODEL)
    (first,) = await until(lambda: opened)
    page = path_of(first.uri)
    assert page is not None
    try:
        assert (page.suffix, first.take_focus) == (".md", True)
        assert "| model/model.py" in page.read_text()
        # The command itself: the text in the answer, and the same page.
        plan = await editor.command("truss.showPlan")
        assert (plan["opened"], plan["markdown"]) == (True, page.read_text())
        assert [one.uri for one in opened] == [first.uri] * 2
        assert editor.client.messages == []
    finally:
        page.unlink()


async def test_a_client_that_opens_nothing_is_told_the_plan(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.answer = "Show plan"
    editor.type(MODEL, '"Hello"', '"Hi"')
    editor.save(MODEL)
    (said,) = await until(lambda: editor.client.messages)
    assert "| change | strategy | why |" in said.message
    plan = await editor.command("truss.showPlan")
    assert (plan["opened"], plan["markdown"]) == (False, said.message)
    assert editor.client.shown_documents == []


KEEPING = """\
import re


class Grade(str):
    def word(self):
        return "good"


class Model:
    def predict(self, request):
        re.compile(Grade("a+"))  # which a cache within `re` keeps
        return Grade().word()
"""


async def test_a_plan_is_told_by_the_live_process(running: Path, open_editor: OpenEditor) -> None:
    (running / MODEL).write_text(KEEPING)
    editor = await started(running, open_editor, mode="off")
    editor.type(MODEL, '"good"', '"better"')
    editor.save(MODEL)
    plan = await editor.command("truss.showPlan")
    assert (plan["strategy"], plan["reservation"]) == ("S1", "")
    assert "A patch would take **S1 hot swap**." in plan["markdown"]
    assert (await editor.command("truss.predict", input={}))["output"] == "good"
    plan = await editor.command("truss.showPlan")
    assert (plan["strategy"], plan["reservation"]) == ("S2", "")
    assert "A patch would take **S2 reload**." in plan["markdown"]
    assert "no hot swap, since `Grade` of model.model: " in plan["markdown"]
    assert (await editor.command("truss.predict", input={}))["output"] == "good"


async def test_a_newer_setting_counts_more_than_an_older_word(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await started(running, open_editor)
    editor.answer = "Never"
    editor.type(MODEL, '"Hello"', '"Hi"')
    editor.save(MODEL)
    await until(lambda: editor.client.messages)
    editor.settings["patchOnSave"] = "on"
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    editor.save(MODEL)
    assert await greeting(editor) == "Hi, Ada"


async def test_a_failure_in_a_file_that_is_closed_is_said(
    running: Path, open_editor: OpenEditor
) -> None:
    """A client that pulls diagnostics asks for open files only."""
    editor = await started(running, open_editor, "on", pulling())
    (running / "model" / "words.py").write_text("WORD = 1 / 0\n")
    editor.type(MODEL, "class Model:", "from model.words import WORD\n\n\nclass Model:")
    editor.save(MODEL)
    (said,) = await until(lambda: editor.client.messages)
    assert said.message == "ZeroDivisionError: division by zero (import, model/words.py:1)"
