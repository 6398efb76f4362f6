"""Requirements beside what is installed: where the model runs, in this Python, in other Trusses."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from lsp_editor import Editor, OpenEditor, by_title, until, until_async
from lsp_marks import Marked, marked
from lsp_truss import CONFIG
from lsprotocol import types
from wheels import wheel

from lsp_server.distributions import CONTAINER, EDITOR, distributions, versions
from lsp_server.documents import Documents
from lsp_server.features.actions.requirements import refactorings
from lsp_server.features.completion import MAX_ITEMS, completion
from lsp_server.snapshot import Snapshot
from lsp_server.surroundings import surroundings
from lsp_server.uris import uri_of
from lsp_server.workspace import Trusses
from truss_base.distributions import installed

HERE = installed(sys.path)
OTHER = "model_name: other\nrequirements: [ct-late==3, ct-shared==1, ct-other==2]\n"


def written(folder: Path, text: str) -> tuple[Snapshot, Documents, Trusses]:
    """A config as it is being typed, beside another Truss that pins packages."""
    for name, content in (("mine", text), ("other", OTHER)):
        (folder / name / "model").mkdir(parents=True)
        (folder / name / "model" / "model.py").write_text("class Model: ...\n")
        (folder / name / "config.yaml").write_text(content)
    trusses = Trusses()
    documents = Documents(trusses.locate)
    trusses.locate(folder / "other" / "config.yaml")
    return documents.open(uri_of(folder / "mine" / "config.yaml"), 1, text), documents, trusses


def offered(folder: Path, source: str, container: dict[str, str] | None) -> list[tuple[str, str]]:
    text = marked(source)
    snapshot, documents, trusses = written(folder, text.text)
    around = surroundings(snapshot, documents, trusses, container)
    found = completion(snapshot, snapshot.position(text.cursors[0]), around)
    assert [one.sort for one in found] == sorted(one.sort for one in found)
    return [(one.label, one.detail) for one in found]


def test_what_runs_counts_more_than_what_the_editor_has() -> None:
    assert versions("httpx", {"httpx": "0.1"}) == [(CONTAINER, "0.1"), (EDITOR, HERE["httpx"])]
    assert versions("httpx", {}) == [(CONTAINER, None), (EDITOR, HERE["httpx"])]
    assert versions("httpx", None) == [(EDITOR, HERE["httpx"])]


def test_each_version_is_offered_once_and_near_ones_first(tmp_path: Path) -> None:
    snapshot, documents, trusses = written(tmp_path, "model_name: mine\n")
    container = {"ct-shared": "1", "ct-other": "1", "httpx": HERE["httpx"]}
    found = distributions(snapshot, documents, trusses, container)
    near = [(one.name, one.version, one.where) for one in found if one.where != EDITOR]
    assert near == [
        ("ct-late", "3", "required by other"),
        ("ct-other", "1", CONTAINER),
        ("ct-other", "2", "required by other"),
        ("ct-shared", "1", f"{CONTAINER}, required by other"),
        ("httpx", HERE["httpx"], f"{CONTAINER}, {EDITOR}"),
    ]
    assert [one.where for one in found[len(near) :]] == [EDITOR] * (len(HERE) - 1)


def test_requirements_are_completed_with_what_is_installed(tmp_path: Path) -> None:
    source = "requirements:\n  - ct-other\n  - ct-│\n"
    assert offered(tmp_path / "1", source, {"ct-run": "5", "ct-other": "1"}) == [
        ("ct-late==3", "required by other"),
        ("ct-run==5", CONTAINER),
        ("ct-shared==1", "required by other"),
    ]
    assert (f"httpx=={HERE['httpx']}", EDITOR) in offered(
        tmp_path / "2", "requirements: [htt│]", None
    )


def test_a_large_environment_is_cut_and_what_is_near_remains(tmp_path: Path) -> None:
    many = {f"ct-many-{number:03}": "1" for number in range(MAX_ITEMS - 3)}
    found = offered(tmp_path, "requirements:\n  - │\n", many)
    assert len(found) == MAX_ITEMS
    assert [one for one, _ in found[-2:]] == ["ct-other==2", "ct-shared==1"]


@pytest.mark.parametrize(
    ("runs", "pins"),
    [
        ({"httpx": "0.1"}, [f"0.1, as {CONTAINER}", f"{HERE['httpx']}, as {EDITOR}"]),
        ({"httpx": HERE["httpx"]}, [f"{HERE['httpx']}, as {CONTAINER}"]),
        ({}, [f"{HERE['httpx']}, as {EDITOR}"]),
    ],
)
def test_a_requirement_is_pinned_to_what_runs_first(
    tmp_path: Path, runs: dict[str, str], pins: list[str]
) -> None:
    text = marked("requirements:\n  - «httpx»\n")
    snapshot, documents, trusses = written(tmp_path, text.text)
    span = snapshot.range(*text.ranges[0])
    found = refactorings(snapshot, span, surroundings(snapshot, documents, trusses, runs))
    titles = [one.title for one in found if one.title.startswith("Pin")]
    assert titles == [f"Pin httpx to {pin}" for pin in pins]


async def asked(editor: Editor, source: str) -> Marked:
    """Types a config without saving it."""
    text = marked(source)
    editor.write("config.yaml", text.text)
    return text


async def hovered(editor: Editor, requirement: str) -> str:
    text = await asked(editor, f"{CONFIG}requirements:\n  - │{requirement}\n")
    answer = await editor.client.text_document_hover_async(
        types.HoverParams(
            types.TextDocumentIdentifier(editor.uri("config.yaml")), text.cursor.start
        )
    )
    assert answer is not None
    assert isinstance(answer.contents, types.MarkupContent)
    return answer.contents.value


@pytest.mark.timeout(300)
async def test_the_container_tells_what_is_installed_in_it(
    running: Path, open_editor: OpenEditor
) -> None:
    wheel(running / "wheels", "ct_tiny", "1.0")
    editor = await open_editor(running, settings={"patchOnSave": "on", "anyPython": True})
    editor.open("config.yaml")
    assert CONTAINER not in await hovered(editor, "starlette"), "nothing runs yet"
    assert (await editor.command("truss.startContainer"))["ok"]

    async def told() -> bool:
        return CONTAINER in await hovered(editor, "starlette")

    await until_async(told)
    assert re.search(rf"{CONTAINER}: \d", await hovered(editor, "starlette"))
    assert f"{CONTAINER}: not installed" in await hovered(editor, "ct-tiny")

    # Another environment, by a save: heard of without a question.
    wanting = "requirements:\n  - ./wheels/ct_tiny-1.0-py3-none-any.whl\n"
    editor.write("config.yaml", CONFIG + wanting)
    editor.save("config.yaml")

    async def installed_there() -> bool:
        return f"{CONTAINER}: 1.0" in await hovered(editor, "ct-tiny")

    await until_async(installed_there)
    text = await asked(editor, f"{CONFIG}requirements:\n  - ct-│\n")
    listed = await editor.client.text_document_completion_async(
        types.CompletionParams(
            types.TextDocumentIdentifier(editor.uri("config.yaml")), text.cursor.start
        )
    )
    assert isinstance(listed, types.CompletionList)
    assert [(one.label, one.detail) for one in listed.items] == [("ct-tiny==1.0", CONTAINER)]
    text = await asked(editor, f"{CONFIG}requirements:\n  - ct-│tiny\n")
    actions = await editor.actions("config.yaml", text.cursor)
    assert by_title(actions, f"Pin ct-tiny to 1.0, as {CONTAINER}").edit is not None

    assert (await editor.command("truss.stopContainer"))["ok"]
    await until(lambda: editor.statuses[-1]["state"] == "stopped")
    assert CONTAINER not in await hovered(editor, "ct-tiny")
