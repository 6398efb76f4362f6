"""Diagnostics of every file of a Truss that is looked at, with their tags and links."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import capable, pulling
from lsp_editor import OpenEditor, until
from lsp_marks import marked
from lsp_truss import SPEAKER_CONFIG, SPEAKER_MODEL
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAULTS = {
    "config.yaml": (f"{SPEAKER_CONFIG}«modle_name»: x\n", "unknown-key"),
    "requirements.txt": ("numpy\n«torch=2»\n", "requirement"),
    "model/model.py": (
        SPEAKER_MODEL.replace('held["hf_token"]', 'held[«"lost"»]'),
        "secret",
    ),
    "examples.yaml": ("examples:\n- nome: one\n  input: «[»\n", "examples"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_kind_of_file_is_marked_where_it_is_wrong(
    speaker: Path, shared_editor: OpenEditor, name: str
) -> None:
    text, code = marked(FAULTS[name][0]), FAULTS[name][1]
    (speaker / name).write_text(text.text)
    for client in (capable(), pulling()):
        editor = await shared_editor(speaker, client)
        editor.open(name)
        if editor.offered.diagnostic_provider is None:
            found = await editor.pushed(name)
        else:
            found = await editor.pull(name)
            assert editor.published == [], "what is pulled is not pushed"
        (fault,) = [one for one in found if one.code == code]
        assert [fault.range] == text.lsp_ranges()
        editor.close(name)


async def test_what_matters_is_shown_of_closed_files_too(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    for name, (source, _) in FAULTS.items():
        (speaker / name).write_text(marked(source).text)
    editor = await shared_editor(speaker, capable())
    editor.open("config.yaml")
    for name, (_, code) in FAULTS.items():
        await until(lambda name=name: editor.latest(name))
        assert code in [one.code for one in editor.latest(name)]
    editor.close("config.yaml")


@pytest.mark.parametrize(
    ("name", "broken", "mended"),
    [
        ("requirements.txt", "numpy\ntorch=2\n", "numpy\ntorch==2\n"),
        ("examples.yaml", "examples: [\n", "examples: []\n"),
    ],
)
async def test_requirements_and_examples_are_checked_as_they_are_typed(
    speaker: Path, shared_editor: OpenEditor, name: str, broken: str, mended: str
) -> None:
    editor = await shared_editor(speaker, capable())
    editor.open(name)
    assert await editor.pushed(name) == []
    editor.write(name, broken)
    assert [one.code for one in await editor.pushed(name)] == [FAULTS[name][1]]
    editor.write(name, mended)
    assert await editor.pushed(name) == []
    editor.close(name)


async def test_tags_say_what_is_old_and_what_is_for_nothing(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(speaker, capable())
    text = SPEAKER_CONFIG.replace("  hf_token: null\n", "  hf_token: null\n  lost: null\n")
    editor.open("config.yaml", f"{text}runtime:\n  is_websocket_endpoint: true\n")
    tags = {one.code: [*(one.tags or ())] for one in await editor.pushed("config.yaml")}
    assert tags["unused-secret"] == [types.DiagnosticTag.Unnecessary]
    assert tags["deprecated"] == [types.DiagnosticTag.Deprecated]
    editor.close("config.yaml")


async def test_a_code_leads_to_the_page_that_explains_it(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(speaker, capable())
    editor.open("config.yaml", "modle_name: x\n")
    (found,) = [one for one in await editor.pushed("config.yaml") if one.code == "unknown-key"]
    assert found.code_description is not None
    file, line = found.code_description.href.removeprefix("file://").split("#L")
    page = await until(lambda: Path(file).is_file() and Path(file).read_text())
    assert page.split("\n")[int(line) - 1] == "## unknown-key"
    editor.close("config.yaml")


async def test_what_shadows_another_key_shows_it(speaker: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(speaker, capable())
    editor.open("config.yaml", "model_name: a\ndescription: b\nmodel_name: c\n")
    (found,) = [one for one in await editor.pushed("config.yaml") if one.code == "duplicate-key"]
    (first,) = found.related_information or ()
    assert first.location.range.start.line == 0
    editor.close("config.yaml")
