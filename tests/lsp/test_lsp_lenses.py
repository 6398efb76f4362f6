"""Lenses and hints, as functions of a text and of what is known of its container."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import pushing
from lsp_editor import OpenEditor
from lsp_truss import MODEL
from lsprotocol import types

from lsp_server.features.hints import Shown, hints
from lsp_server.features.lenses import class_range, lenses
from lsp_server.items import Position, Range
from lsp_server.snapshot import Snapshot
from lsp_server.state import State

TRUSS = Path("/truss")
EVERYTHING = Range(Position(0, 0), Position(10_000, 0))
READY = State("ready", "local", "abc", "abc", in_sync=True, control=True)
CHANGED = State("ready", "docker", "abc", "def", in_sync=False, control=True)
REBUILD = State("ready", "docker", in_sync=False, control=True, plan={"strategy": "S4"})


def snapshot_of(text: str, name: str = "config.yaml") -> Snapshot:
    return Snapshot((TRUSS / name).as_uri(), TRUSS / name, 1, text, "utf-16", TRUSS)


@pytest.mark.parametrize(
    ("state", "titles"),
    [
        (State(), ["○ not running", "Start"]),
        (State(busy="starting"), ["○ starting", "Predict", "Show plan"]),
        (READY, ["● ready (local), up to date", "Patch", "Predict", "Show plan"]),
        (CHANGED, ["● ready (docker), runs an older version", "Patch", "Predict", "Show plan"]),
        (REBUILD, ["● ready (docker), runs an older version", "Rebuild", "Predict", "Show plan"]),
        (State("failed", "local"), ["✗ failed (local)", "Predict", "Show plan"]),
    ],
)
def test_the_state_stands_above_the_name(state: State, titles: list[str]) -> None:
    text = "description: x\nmodel_name: y\n"
    shown = lenses(snapshot_of(text), None, state, "truss")
    assert [lens.title for lens in shown] == titles
    assert {lens.range.start.line for lens in shown} == {1}


@pytest.mark.parametrize("state", [State(), READY, CHANGED, REBUILD])
def test_lenses_never_make_the_text_jump(state: State) -> None:
    """The same lines have one, whatever runs."""
    config, model = snapshot_of("resources: {}\n"), snapshot_of(MODEL, "model/model.py")
    assert {lens.range.start.line for lens in lenses(config, None, state, "truss")} == {0}
    assert len(lenses(model, class_range(model, "Model"), state, "truss")) == 1


def test_above_the_class_stands_how_it_does() -> None:
    model = snapshot_of(f"import os\n{MODEL}", "model/model.py")
    state = State("ready", "local", load_seconds=12.34, predict_ms=3.2, memory_mb=1240.0)
    (lens,) = lenses(model, class_range(model, "Model"), state, "controlTruss")
    assert lens.title == "loaded in 12.3 s · last prediction 3 ms · 1240 MB"
    assert (lens.range.start.line, lens.command) == (1, "controlTruss.showStatus")


PLAN = {
    "strategy": "S4",
    "reasons": [
        {"subject": "config.yaml:resources.memory", "strategy": "S4", "reason": "fixed"},
        {"subject": "config.yaml:environment_variables.A", "strategy": "S3", "reason": "new"},
        {"subject": "model/model.py", "strategy": "S1", "reason": "hot"},
    ],
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("resources:\n  memory: 16Gi\n  cpu: 500m\n", ["(2Gi)", "= 17.2 GB", "= 0.5 cores"]),
        ("resources: {memory: 512Mi}\n", ["= 537 MB"]),
        ("resources: {accelerator: H100:8, memory: 2G, cpu: '4'}\n", ["8 × H100"]),
        ("resources: {accelerator: H100}\n", []),
        ("broken: [\n", []),
    ],
)
def test_amounts_in_plain_numbers(text: str, shown: list[str]) -> None:
    found = hints(snapshot_of(text), EVERYTHING, None, Shown(defaults=False))
    assert [hint.label for hint in found] == [one for one in shown if not one.startswith("(")]


def test_defaults_stand_behind_the_block_they_hold_in() -> None:
    text = "resources:\n  cpu: '2'\nruntime:\n  predict_concurrency: 2\n"
    found = hints(snapshot_of(text), EVERYTHING, None, Shown(amounts=False))
    assert found[0].label == "(memory: 2Gi)"
    assert found[0].position == Position(0, len("resources:"))


def test_what_waits_for_a_patch_says_what_that_will_be() -> None:
    text = "resources:\n  memory: 1Gi # why\nenvironment_variables:\n  A: b\n"
    found = hints(snapshot_of(text), EVERYTHING, PLAN, Shown(defaults=False, amounts=False))
    assert [(hint.position.line, hint.label, hint.tooltip) for hint in found] == [
        (1, "not yet patched: rebuild", "fixed"),
        (3, "not yet patched: new environment", "new"),
    ]
    assert hints(snapshot_of(text), EVERYTHING, PLAN, Shown(False, False, False)) == ()


def test_only_what_is_asked_for_is_computed_for_the_screen() -> None:
    text = "resources:\n  memory: 16Gi\n  cpu: 500m\n"
    line = Range(Position(2, 0), Position(2, 20))
    found = hints(snapshot_of(text), line, None, Shown())
    assert [hint.label for hint in found] == ["= 0.5 cores"]


async def test_both_come_over_the_wire_and_can_be_switched_off(
    truss: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss)
    for name in ("config.yaml", "model/model.py"):
        editor.open(name)
        shown = await editor.client.text_document_code_lens_async(
            types.CodeLensParams(types.TextDocumentIdentifier(editor.uri(name)))
        )
        assert [lens.command.title for lens in shown or () if lens.command]
    span = types.Range(types.Position(0, 0), types.Position(50, 0))
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    found = await editor.client.text_document_inlay_hint_async(
        types.InlayHintParams(document, span)
    )
    assert "= 1.07 GB" in {hint.label for hint in found or ()}
    editor.settings = {"codeLens": False, "inlayHints": {"amounts": False, "defaults": False}}
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(settings=None)
    )
    assert not await editor.client.text_document_code_lens_async(types.CodeLensParams(document))
    assert not await editor.client.text_document_inlay_hint_async(
        types.InlayHintParams(document, span)
    )


async def test_the_server_tells_about_itself(truss: Path, open_editor: OpenEditor) -> None:
    editor = await open_editor(truss, pushing(), {"trusted": False})
    editor.open("config.yaml")
    await editor.pushed("config.yaml")
    told = await editor.command("truss.debugInfo")
    assert told["ok"]
    assert told["versions"]["pygls"]
    assert told["timings"]["textDocument/didOpen"]["calls"] == 1
    assert [one["uri"] for one in told["documents"]] == [editor.uri("config.yaml")]
    assert "| textDocument/didOpen | 1 |" in told["markdown"]
