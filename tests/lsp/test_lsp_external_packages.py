"""Files outside of a Truss that are part of it all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import pushing
from lsp_editor import OpenEditor
from lsp_truss import CONFIG

pytestmark = pytest.mark.timeout(300)
SHARED = "../shared/words.py"
SAYS = """\
from words import WORD


class Model:
    def predict(self, request):
        return WORD
"""


async def test_a_save_in_an_external_package_patches(
    running: Path, open_editor: OpenEditor
) -> None:
    (running / "../shared").mkdir()
    (running / SHARED).write_text('WORD = "one"\n')
    (running / "model/model.py").write_text(SAYS)
    (running / "config.yaml").write_text(CONFIG + "external_package_dirs: [../shared]\n")
    client = pushing()
    assert client.workspace is not None
    client.workspace.did_change_watched_files = None
    editor = await open_editor(running, client, settings={"patchOnSave": "on", "anyPython": True})
    editor.open("model/model.py")
    assert (await editor.command("truss.startContainer"))["ok"]
    assert (await editor.command("truss.predict", input={}))["output"] == "one"

    editor.open(SHARED)
    editor.type(SHARED, "one", "two")
    editor.save(SHARED)
    assert (await editor.command("truss.predict", input={}))["output"] == "two"
