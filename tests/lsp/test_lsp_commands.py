"""Commands where nothing runs, or where the argument is wrong: one clear answer, never an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsp_editor import OpenEditor
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("truss.patchContainer", "NotRunning"),
        ("truss.rebuildContainer", "NotRunning"),
        ("truss.predict", "NotRunning"),
        ("truss.logs", "NotRunning"),
        ("truss.showPlan", "NotRunning"),
    ],
)
async def test_nothing_runs(
    truss: Path, truss_home: Path, shared_editor: OpenEditor, command: str, kind: str
) -> None:
    editor = await shared_editor(truss)
    answer = await editor.command(command, input={})
    assert answer["ok"] is False
    assert answer["error"]["type"] == kind
    assert "\n" not in answer["error"]["message"]
    assert answer["error"]["hint"]


async def test_stopping_what_does_not_run_is_no_error(
    truss: Path, truss_home: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    answer = await editor.command("truss.stopContainer")
    assert (answer["ok"], answer["stopped"]) == (True, False)


async def test_the_status_of_what_does_not_run(
    truss: Path, truss_home: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    answer = await editor.command("truss.showStatus")
    assert (answer["ok"], answer["state"], answer["name"]) == (True, "stopped", "greeter")
    assert answer["uri"] == truss.as_uri()


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        ({"uri": 3}, "BadArgument"),
        ({"uri": "https://example.com/x"}, "BadArgument"),
        ({"uri": "file:///no/such/folder"}, "NoTruss"),
        ("a text", "BadArgument"),
        ([1, 2], "BadArgument"),
    ],
)
async def test_arguments_that_name_no_truss(
    truss: Path, shared_editor: OpenEditor, argument: Any, kind: str
) -> None:
    editor = await shared_editor(truss)
    answer = await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams("truss.showStatus", [argument])
    )
    assert answer["error"]["type"] == kind


@pytest.mark.parametrize(
    ("command", "argument"),
    [
        ("truss.logs", {"tail": "many"}),
        ("truss.logs", {"tail": -1}),
        ("truss.startContainer", {"runtime": "moon"}),
        ("truss.startContainer", {"runtime": 3}),
    ],
)
async def test_arguments_of_a_wrong_kind(
    truss: Path, truss_home: Path, shared_editor: OpenEditor, command: str, argument: dict[str, Any]
) -> None:
    editor = await shared_editor(truss)
    answer = await editor.command(command, **argument)
    assert answer["error"]["type"] == "BadArgument"


async def test_a_file_of_a_truss_names_it_too(
    truss: Path, truss_home: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    answer = await editor.command("truss.showStatus", uri=editor.uri("model/model.py"))
    assert answer["uri"] == truss.as_uri()


async def test_two_trusses_with_the_same_name_are_never_confused(
    tmp_path: Path, truss: Path, truss_home: Path, shared_editor: OpenEditor
) -> None:
    other = tmp_path / "elsewhere" / "greeter"
    (other / "model").mkdir(parents=True)
    (other / "model" / "model.py").write_text("class Model:\n    pass\n")
    (other / "config.yaml").write_text("model_name: other\nuse_control_plane: true\n")
    editor = await shared_editor(tmp_path)
    for folder in (truss, other):
        answer = await editor.command("truss.showStatus", uri=folder.as_uri())
        assert answer["uri"] == folder.as_uri()


@pytest.mark.parametrize(
    "value",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "nested"},
        {"big": 2**60, "float": 1.5, "none": None, "list": [[], {}]},
        "text",
        None,
        0,
    ],
)
async def test_inputs_arrive_as_they_are(
    truss: Path, truss_home: Path, shared_editor: OpenEditor, value: Any
) -> None:
    """Nothing runs, so the answer is a refusal: but not one of the input."""
    editor = await shared_editor(truss)
    answer = await editor.command("truss.predict", input=value)
    assert answer["error"]["type"] == "NotRunning"
