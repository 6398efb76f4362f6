"""Completion with what is around the text: flow style, files, the model's code, other Trusses."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_editor import OpenEditor
from lsp_marks import marked
from lsp_questions import filled_in
from lsprotocol import types

from lsp_server.documents import Documents
from lsp_server.features.completion import completion
from lsp_server.items import Suggestion
from lsp_server.snapshot import Snapshot
from lsp_server.surroundings import surroundings
from lsp_server.uris import uri_of
from lsp_server.workspace import Trusses
from truss_base.config import children
from truss_base.validation import validate

MODEL = """\
import os
MODE = os.environ["MODE"]
class Greeter:
    def load(self):
        self._secrets["hf_token"], os.getenv("PACE")
class Model: ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Truss with files to name, beside another that pins packages."""
    for name, text in {
        "mine/model/model.py": MODEL,
        "mine/model/sub/other.py": "",
        "mine/requirements.txt": "",
        "mine/requirements/dev-requirements.txt": "",
        "mine/notes.txt": "",
        "mine/examples.yaml": "",
        "mine/.hidden/x": "",
        "mine/config.yaml": "model_name: mine\n",
        "shared/lib.py": "",
        "other/config.yaml": "model_name: other\nrequirements: [torch==2.1, Num_Py==1.26, x>2]\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "mine"


def suggested(folder: Path, source: str) -> tuple[tuple[Suggestion, ...], Snapshot]:
    text = marked(source)
    trusses = Trusses()
    for name in ("mine", "other"):
        trusses.locate(folder.parent / name / "config.yaml")
    documents = Documents(trusses.locate)
    snapshot = documents.open(uri_of(folder / "config.yaml"), 1, text.text)
    snapshot = snapshot.refreshed(folder)
    position = snapshot.position(text.cursors[0])
    return completion(snapshot, position, surroundings(snapshot, documents, trusses)), snapshot


def labels(folder: Path, source: str) -> list[str]:
    found, _ = suggested(folder, source)
    return [one.label for one in sorted(found, key=lambda one: one.sort)]


def accepted(folder: Path, source: str, label: str) -> str:
    found, snapshot = suggested(folder, source)
    (chosen,) = [one for one in found if one.label == label]
    start, end = snapshot.index(chosen.replace.start), snapshot.index(chosen.replace.end)
    return snapshot.text[:start] + chosen.new_text + snapshot.text[end:]


@pytest.mark.parametrize(
    ("source", "offered", "withheld"),
    [
        ("resources: {│", {"cpu", "memory"}, {"model_name"}),
        ("resources: {cpu: '1', me│}", {"memory"}, {"cpu"}),
        ("resources: {│, cpu: '1'}", {"memory"}, {"cpu"}),
        ("resources: {\n  cpu: '1',\n  │\n}", {"memory"}, {"cpu"}),
        ("resources: {accelerator: │}", {"A10G", "H100"}, {"cpu"}),
        ("resources: {accelerator: 'A1│'}", {"A10G"}, {"cpu"}),
        ("external_data: [{url: x, │}]", {"local_data_path"}, {"url"}),
        ("runtime: {transport: {│}}", {"kind"}, {"transport"}),
        ("runtime: {transport: {kind: │}}", {"websocket"}, {"kind"}),
        ("runtime: {predict_concurrency: 2}\n│", {"resources"}, {"runtime"}),
        ("broken: [\nresources:\n  │", {"cpu"}, {"model_name"}),
        ("model_name: a [b {│", set(), {"cpu", "model_name"}),
    ],
)
def test_flow_style(folder: Path, source: str, offered: set[str], withheld: set[str]) -> None:
    found = set(labels(folder, source))
    assert offered <= found
    assert not withheld & found


@pytest.mark.parametrize(
    ("source", "label", "after"),
    [
        ("resources: {cpu: '1', me│}", "memory", "resources: {cpu: '1', memory: }"),
        ("resources: {accelerator:│}", "L4", "resources: {accelerator: L4}"),
        ("resources:\n  accelerator: H100:│", "H100:4", "resources:\n  accelerator: H100:4"),
        ("resources:\n  memory: 24│", "24Gi", "resources:\n  memory: 24Gi"),
        ("resources:\n  cpu: '5│'", "500m", "resources:\n  cpu: '500m'"),
        ('resources:\n  cpu: "│"', "4", 'resources:\n  cpu: "4"'),
        ("model_class_name: │", "Greeter", "model_class_name: Greeter"),
        ("requirements_file: │", "requirements.txt", "requirements_file: requirements.txt"),
        (
            "requirements_file: requirements/│",
            "requirements/dev-requirements.txt",
            "requirements_file: requirements/dev-requirements.txt",
        ),
        ("model_class_filename: sub/│", "sub/other.py", "model_class_filename: sub/other.py"),
        ("examples_filename: 'ex│'", "examples.yaml", "examples_filename: 'examples.yaml'"),
        ("external_package_dirs:\n- │", "../", "external_package_dirs:\n- ../"),
        ("external_package_dirs:\n- ../│", "../shared", "external_package_dirs:\n- ../shared"),
        ("secrets:\n  │", "hf_token", "secrets:\n  hf_token: null"),
        ("environment_variables:\n  MODE: x\n  │", "PACE", None),
        ("requirements:\n  - tor│", "torch==2.1", "requirements:\n  - torch==2.1"),
        ("requirements: [│]", "num-py==1.26", "requirements: [num-py==1.26]"),
    ],
)
def test_what_is_around_is_offered(
    folder: Path, source: str, label: str, after: str | None
) -> None:
    expected = after or source.replace("│", f"{label}: ")
    assert accepted(folder, source, label) == expected


@pytest.mark.parametrize(
    ("source", "withheld"),
    [
        ("requirements_file: │", {"notes.txt", ".hidden/", "examples.yaml", "config.yaml"}),
        ("model_class_filename: │", {"requirements.txt"}),
        ("environment_variables:\n  MODE: x\n  │", {"MODE", "hf_token"}),
        ("secrets: {hf_token: null, │}", {"hf_token", "MODE"}),
        ("requirements:\n  - torch\n  - │", {"torch==2.1", "x", "other"}),
        ("requirements:\n  - numpy│", {"torch==2.1"}),
        ("data_dir: │", {"requirements.txt", "notes.txt"}),
    ],
)
def test_what_does_not_fit_is_not_offered(folder: Path, source: str, withheld: set[str]) -> None:
    assert not withheld & set(labels(folder, source))


def test_a_comment_offers_to_suppress_what_is_said_about_its_line(folder: Path) -> None:
    source = "model_name: x\nmodle_name: y # │\n"
    assert labels(folder, source) == ["# truss: ignore[unknown-key]"]
    after = accepted(folder, source, "# truss: ignore[unknown-key]")
    assert [finding.code for finding in validate(after)] == []
    above = "model_name: x\n# tr│\nmodle_name: y\n"
    after = accepted(folder, above, "# truss: ignore[unknown-key]")
    assert [finding.code for finding in validate(after)] == []


BLOCKS = [one.name for one in children(()) if isinstance(one.example, (dict, list))]


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_is_valid_as_proposed(folder: Path, name: str) -> None:
    found, _ = suggested(folder, f"{name}│")
    blocks = [one for one in found if one.snippet and one.filter == name]
    for block in blocks:
        findings = validate(filled_in(block.new_text) + "\n")
        assert [one for one in findings if one.severity == "error"] == []
        assert [one.code for one in findings if one.code == "unknown-key"] == []


@pytest.mark.parametrize("name", ["weights", "docker_server", "trt_llm", "external_data"])
def test_the_blocks_that_are_hard_to_remember_are_there(folder: Path, name: str) -> None:
    found, _ = suggested(folder, "│")
    assert [one.label for one in found if one.snippet and one.filter == name] == [f"{name}: …"]


def test_a_block_is_indented_by_the_steps_of_the_file(folder: Path) -> None:
    source = "resources:\n    cpu: '1'\nweights│"
    found, _ = suggested(folder, source)
    (block,) = [one for one in found if one.snippet and one.filter == "weights"]
    lines = block.new_text.split("\n")
    assert lines[1].startswith("    - source: ")
    assert lines[2].startswith("      mount_location: ")


async def test_documentation_comes_when_an_item_is_looked_at(
    truss: Path, open_editor: OpenEditor
) -> None:
    item = types.ClientCompletionItemOptions(
        snippet_support=True,
        documentation_format=[types.MarkupKind.Markdown],
        resolve_support=types.ClientCompletionItemResolveOptions(["documentation"]),
    )
    editor = await open_editor(
        truss,
        types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                completion=types.CompletionClientCapabilities(completion_item=item)
            )
        ),
    )
    editor.open("config.yaml", "resources:\n  \n")
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    listed = await editor.client.text_document_completion_async(
        types.CompletionParams(document, types.Position(1, 2))
    )
    assert isinstance(listed, types.CompletionList)
    memory = next(one for one in listed.items if one.label == "memory")
    assert memory.documentation is None
    resolved = await editor.client.completion_item_resolve_async(memory)
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert "**`resources.memory`**" in resolved.documentation.value
