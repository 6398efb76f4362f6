"""Code actions as functions of a config with a cursor: what each leaves of the text."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import pushing
from lsp_editor import OpenEditor, by_title
from lsp_marks import marked
from lsprotocol import types

from lsp_server.documents import Documents
from lsp_server.features.actions import Container, actions
from lsp_server.features.diagnostics import findings_in
from lsp_server.items import Action, Range
from lsp_server.snapshot import Snapshot
from lsp_server.state import State
from lsp_server.surroundings import surroundings
from lsp_server.uris import path_of, uri_of
from lsp_server.workspace import Trusses
from truss_base.config import TrussConfig
from truss_base.validation import validate

NOT_RUNNING = Container(State(), trusted=True, unsaved=False)
MODEL = "class Model:\n    def predict(self, x):\n        return self._secrets['key']\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    truss = tmp_path / "mine"
    (truss / "model").mkdir(parents=True)
    (truss / "model" / "model.py").write_text(MODEL)
    (truss / "config.yaml").write_text("model_name: mine\nsecrets:\n  key: null\n")
    return truss


def offered(
    folder: Path, source: str, only: list[str] | None = None, name: str = "config.yaml"
) -> tuple[dict[str, Action], Snapshot]:
    text = marked(source)
    trusses = Trusses()
    documents = Documents(trusses.locate)
    config = documents.open(uri_of(folder / "config.yaml"), 1, (folder / "config.yaml").read_text())
    snapshot = documents.open(uri_of(folder / name), 1, text.text)
    config = snapshot if name == "config.yaml" else config
    at = snapshot.position(text.cursors[0])
    found = actions(
        snapshot,
        findings_in(snapshot, config, snapshot.text),
        Range(at, at),
        only or [],
        NOT_RUNNING,
        surroundings(snapshot, documents, trusses),
    )
    return {one.title: one for one in found}, snapshot


def applied(action: Action, snapshot: Snapshot) -> str:
    """The text of a document after those edits of an action that are in it."""
    text = snapshot.text
    edits = [edit for file in action.edits if file.uri == snapshot.uri for edit in file.edits]
    for edit in sorted(edits, key=lambda edit: edit.range.start, reverse=True):
        start, end = snapshot.index(edit.range.start), snapshot.index(edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("modle_│name: x\n", "modle_name: x  # truss: ignore[unknown-key]\n"),
        (
            "model_name: z\nmodle_│name: x # why\n",
            "model_name: z\n# truss: ignore[unknown-key]\nmodle_name: x # why\n",
        ),
        (
            "model_name: z\nmodle_│name: x  # truss: ignore[type]\n",
            "model_name: z\nmodle_name: x  # truss: ignore[type, unknown-key]\n",
        ),
        (
            "resources: {cp│: 1,\n  memory: 2Gi}\n",
            "resources: {cp: 1,  # truss: ignore[unknown-key]\n  memory: 2Gi}\n",
        ),
    ],
)
def test_a_finding_is_suppressed_on_its_line(folder: Path, source: str, after: str) -> None:
    found, snapshot = offered(folder, source)
    changed = applied(found["Ignore `unknown-key` on this line"], snapshot)
    assert changed == after
    assert "unknown-key" not in {one.code for one in validate(changed)}


def test_no_comment_is_put_into_a_text(folder: Path) -> None:
    found, _ = offered(folder, 'modle_│name: "x\n  y"\n')
    assert not [title for title in found if title.startswith("Ignore `unknown-key`")]


def test_safe_problems_are_fixed_together_and_only_those(folder: Path) -> None:
    source = (
        "│python_version: 3.11\nmodle_name: x\ndescription: a\ndescription: b\n"
        "resources:\n  memory: 16GB # keep\n  accelerator: h100\n"
    )
    found, snapshot = offered(folder, source, only=["source.fixAll"])
    (action,) = found.values()
    after = applied(action, snapshot)
    assert "modle_name" in after, "a guess is no safe fix"
    assert after == (
        "python_version: py311\nmodle_name: x\ndescription: b\n"
        "resources:\n  memory: 16Gi # keep\n  accelerator: H100\n"
    )
    assert not [one for one in offered(folder, source)[0] if one.startswith("Fix all")]


def test_a_file_that_is_missing_is_created(folder: Path) -> None:
    (folder / "model" / "model.py").unlink()
    found, _ = offered(folder, "│model_name: x\n")
    (new,) = found["Create model/model.py"].new_files
    assert path_of(new.uri) == folder / "model" / "model.py"
    assert "class Model:" in new.text
    found, _ = offered(folder, "requirements_file: re│qs.txt\n")
    (new,) = found["Create reqs.txt"].new_files
    assert new.text == ""


def test_a_secret_is_declared_from_where_it_is_read(folder: Path) -> None:
    (folder / "config.yaml").write_text("model_name: mine\n")
    found, _ = offered(folder, MODEL.replace("key", "k│ey"), name="model/model.py")
    (action,) = [one for title, one in found.items() if "secrets" in title or "Declare" in title]
    (edit,) = action.edits
    assert edit.uri == uri_of(folder / "config.yaml")


MOVES = [
    (
        "model_name: x\nrequirements: # all\n  # ml\n  - torch==2\n  - 'numpy' # x\nsecrets: {}\n",
        "model_name: x\nrequirements_file: requirements.txt\nsecrets: {}\n",
        "# all\n# ml\ntorch==2\nnumpy  # x\n",
    ),
    (
        "requirements:\n- a\n- b[c]>1,<2\n",
        "requirements_file: requirements.txt\n",
        "a\nb[c]>1,<2\n",
    ),
]


@pytest.mark.parametrize(("source", "after", "file"), MOVES)
def test_requirements_move_into_a_file_and_back(
    folder: Path, source: str, after: str, file: str
) -> None:
    found, snapshot = offered(folder, source.replace("requirements:", "requ│irements:", 1))
    action = found["Move the requirements into requirements.txt"]
    assert applied(action, snapshot) == after
    (new,) = action.new_files
    assert new.text == file
    (folder / "requirements.txt").write_text(file)
    found, snapshot = offered(folder, after.replace("requirements_file", "requirements_fi│le"))
    back = applied(
        found["Move the requirements of requirements.txt here (the file stays)"], snapshot
    )
    before = TrussConfig.from_text(source)
    assert TrussConfig.from_text(back).requirements == before.requirements
    assert back.count("#") == file.count("#")


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("requ│irements: [a, b]\n", None),
        ("requ│irements:\n  - a\n", "taken\n"),
        ("requ│irements:\n  - >\n    a\n", None),
        ("requirements_fi│le: requirements.txt\n", "-r other.txt\n"),
        ("requirements_fi│le: requirements.txt\n", None),
    ],
)
def test_a_move_that_would_not_be_exact_is_not_offered(
    folder: Path, source: str, file: str | None
) -> None:
    if file is not None:
        (folder / "requirements.txt").write_text(file)
    found, _ = offered(folder, source)
    assert not [title for title in found if title.startswith("Move")]


def test_a_requirement_is_pinned_to_what_is_installed(folder: Path) -> None:
    found, snapshot = offered(folder, "requirements:\n  - 'htt│px' # why\n")
    (action,) = [one for title, one in found.items() if title.startswith("Pin httpx to")]
    after = applied(action, snapshot)
    assert after.startswith("requirements:\n  - 'httpx==")
    assert after.endswith("' # why\n")
    found, _ = offered(folder, "requirements:\n  - htt│px>1\n")
    assert not [title for title in found if title.startswith("Pin")]


async def test_new_files_go_only_to_clients_that_make_them(
    truss: Path, open_editor: OpenEditor
) -> None:
    able = pushing()
    assert able.workspace is not None
    assert able.workspace.workspace_edit is not None
    text = "requirements_file: reqs.txt\nuse_control_plane: true\n"
    place = types.Range(types.Position(0, 20), types.Position(0, 20))
    editor = await open_editor(truss, able)
    editor.open("config.yaml", text)
    assert "Create reqs.txt" not in {
        one.title for one in await editor.actions("config.yaml", place)
    }
    able.workspace.workspace_edit.resource_operations = [types.ResourceOperationKind.Create]
    editor = await open_editor(truss, able)
    editor.open("config.yaml", text)
    action = by_title(await editor.actions("config.yaml", place), "Create reqs.txt")
    assert action.edit is not None
    (created,) = action.edit.document_changes or ()
    assert isinstance(created, types.CreateFile)
    assert created.uri == editor.uri("reqs.txt")
