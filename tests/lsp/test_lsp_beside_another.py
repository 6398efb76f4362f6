"""Beside another YAML server, such as Red Hat's: nothing is said twice, and nothing by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import pushing
from lsp_editor import OpenEditor, by_title
from lsp_truss import CONFIG
from lsprotocol import types

# What yaml-language-server 2.0.0 says of each text, asked once: an error, or nothing at all.
BOTH_SAY = {
    "a bracket that is open": "broken: [\n",
    "a tab that indents": "runtime:\n\tpredict_concurrency: 2\n",
    "a key that is there twice": "model_name: again\n",
    "an alias of nothing": "description: *nowhere\n",
    "a missing space": "description:x\nruntime: {}\n",
}
WE_SAY = {
    "a tab behind a colon": ("description:\tx\n", "syntax"),
    "a template": ("description: {{ x }}\n", "syntax"),
    "a misspelt key": ("modle_name: x\n", "unknown-key"),
}


@pytest.mark.parametrize("text", BOTH_SAY.values(), ids=BOTH_SAY)
async def test_what_any_yaml_server_says_is_left_to_it(
    truss: Path, open_editor: OpenEditor, text: str
) -> None:
    for beside in (True, False):
        editor = await open_editor(truss, pushing(), {"otherYamlServer": beside})
        editor.open("config.yaml", CONFIG + text)
        codes = {one.code for one in await editor.pushed("config.yaml")}
        assert bool(codes & {"syntax", "duplicate-key"}) is not beside


@pytest.mark.parametrize(("text", "code"), WE_SAY.values(), ids=WE_SAY)
async def test_what_the_other_one_takes_is_said(
    truss: Path, open_editor: OpenEditor, text: str, code: str
) -> None:
    editor = await open_editor(truss, pushing(), {"otherYamlServer": True})
    editor.open("config.yaml", CONFIG + text)
    assert code in [one.code for one in await editor.pushed("config.yaml")]


async def test_examples_that_are_no_yaml_are_left_to_it_too(
    truss: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss, pushing(), {"otherYamlServer": True})
    editor.open("examples.yaml", "examples: [\n")
    assert await editor.pushed("examples.yaml") == []
    editor.write("examples.yaml", "- 3\n")
    assert [one.code for one in await editor.pushed("examples.yaml")] == ["examples"]


async def test_what_is_not_said_can_still_be_fixed(truss: Path, open_editor: OpenEditor) -> None:
    editor = await open_editor(truss, pushing(), {"otherYamlServer": True})
    editor.open("config.yaml", CONFIG + "runtime:\n\tpredict_concurrency: 2\n")
    line = CONFIG.count("\n") + 1
    spot = types.Range(types.Position(line, 0), types.Position(line, 1))
    assert by_title(await editor.actions("config.yaml", spot), "Indent by spaces instead of tabs")
