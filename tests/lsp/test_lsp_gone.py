"""Documents that are deleted, renamed and moved out of their Truss while they are open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lsp_clients import bare
from lsp_editor import Editor, OpenEditor
from lsprotocol import types

MODEL = "model/model.py"
FAULTY = "modle_name: x\nuse_control_plane: true\n"


def tell(editor: Editor, *changes: tuple[str, types.FileChangeType]) -> None:
    """As an editor does after its explorer, git or another program has been at work."""
    events = [types.FileEvent(editor.uri(name), kind) for name, kind in changes]
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))


async def codes(editor: Editor, name: str) -> list[object]:
    return [found.code for found in await editor.shown(name, editor.version(name))]


async def test_a_model_that_is_deleted_while_open_is_missed_in_the_config(
    truss: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss)
    editor.open("config.yaml")
    editor.open(MODEL)
    assert await codes(editor, "config.yaml") == []
    (truss / MODEL).unlink()
    tell(editor, (MODEL, types.FileChangeType.Deleted))
    assert await codes(editor, "config.yaml") == ["missing-file"]
    # The buffer is still there; saved once more, so is the file.
    editor.save(MODEL)
    assert await codes(editor, "config.yaml") == []


async def test_a_config_that_is_deleted_while_open_is_checked_until_it_closes(
    truss: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss)
    editor.open("config.yaml", FAULTY)
    (truss / "config.yaml").unlink()
    tell(editor, ("config.yaml", types.FileChangeType.Deleted))
    assert await codes(editor, "config.yaml") == ["unknown-key"]
    editor.type("config.yaml", "modle_name", "model_name")
    assert await codes(editor, "config.yaml") == []
    editor.type("config.yaml", "model_name", "modle_name")
    editor.close("config.yaml")
    editor.open(MODEL)  # a Truss no longer: there is nothing to say of its files
    assert await editor.client.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(editor.uri(MODEL)))
    ) in (None, [])
    assert editor.latest("config.yaml") == []


async def test_a_truss_that_is_renamed_while_open_goes_on_under_its_new_name(
    truss: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss.parent)
    editor.open("greeter/config.yaml", FAULTY)
    assert await codes(editor, "greeter/config.yaml") == ["unknown-key"]
    shutil.move(truss, truss.with_name("welcomer"))
    tell(editor, ("greeter/config.yaml", types.FileChangeType.Deleted))
    tell(editor, ("welcomer/config.yaml", types.FileChangeType.Created))
    editor.close("greeter/config.yaml")
    editor.open("welcomer/config.yaml", FAULTY)
    assert await codes(editor, "welcomer/config.yaml") == ["unknown-key"]
    assert editor.latest("greeter/config.yaml") == []
    answer = await editor.command("truss.showStatus", uri=editor.uri("welcomer"))
    assert answer["ok"], answer


async def test_a_config_that_is_moved_out_is_the_config_of_nothing(
    truss: Path, truss_home: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss.parent)
    editor.open("greeter/config.yaml", "resources:\n  cpu: 1\n")
    assert "type" in await codes(editor, "greeter/config.yaml")
    (truss.parent / "attic").mkdir()
    shutil.move(truss / "config.yaml", truss.parent / "attic" / "config.yaml")
    tell(editor, ("greeter/config.yaml", types.FileChangeType.Deleted))
    editor.close("greeter/config.yaml")
    # Keys that other tools have as well, and no model beside them: nobody's config.
    editor.open("attic/config.yaml", "resources:\n  cpu: 1\n")
    assert await codes(editor, "attic/config.yaml") == []
    assert editor.latest("greeter/config.yaml") == []


@pytest.mark.parametrize("name", ["config.yaml", MODEL])
async def test_a_client_that_watches_nothing_hears_of_it_at_the_next_save(
    truss: Path, truss_home: Path, open_editor: OpenEditor, name: str
) -> None:
    editor = await open_editor(truss, bare())
    editor.open("config.yaml")
    editor.open(MODEL)
    shutil.rmtree(truss / "model")
    (truss / "model").mkdir()
    editor.save("config.yaml")
    assert await codes(editor, "config.yaml") == ["missing-file"]
    editor.save(MODEL)
    assert await codes(editor, "config.yaml") == []
