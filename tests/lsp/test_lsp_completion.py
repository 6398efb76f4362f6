"""Completion and hover, as functions of a text with a cursor in it, and once over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_editor import OpenEditor
from lsp_marks import Marked, marked
from lsprotocol import types

from lsp_server.features.completion import completion
from lsp_server.features.hover import hover
from lsp_server.features.outline import parents
from lsp_server.features.surroundings import NOTHING_AROUND
from lsp_server.items import Position
from lsp_server.snapshot import Snapshot

CONFIG = Path("/truss/config.yaml")


def snapshot_of(source: str) -> tuple[Snapshot, Position, Marked]:
    text = marked(source)
    snapshot = Snapshot(CONFIG.as_uri(), CONFIG, 1, text.text, "utf-16", CONFIG.parent)
    return snapshot, snapshot.position(text.cursors[0]), text


def accept(source: str, label: str) -> str:
    """The text after choosing a suggestion."""
    snapshot, position, text = snapshot_of(source)
    (chosen,) = [one for one in completion(snapshot, position) if one.label == label]
    start, end = snapshot.index(chosen.replace.start), snapshot.index(chosen.replace.end)
    return text.text[:start] + chosen.new_text + text.text[end:]


@pytest.mark.parametrize(
    ("source", "offered", "withheld"),
    [
        ("│", {"model_name", "resources", "requirements"}, {"cpu"}),
        ("mod│", {"model_name"}, {"cpu"}),
        ("model_name: x\n│", {"resources"}, {"model_name"}),
        ("│\nmodel_name: x\n", {"resources"}, {"model_name"}),
        ("resources:\n  │", {"cpu", "memory", "accelerator"}, {"model_name"}),
        ("resources:\n  cpu: '1'\n  │\nruntime: {}\n", {"memory"}, {"cpu", "model_name"}),
        ("resources:\n      │", {"cpu"}, {"model_name"}),
        ("resources: # why\n\n  # more\n  mem│", {"memory"}, {"model_name"}),
        ("resources:\n  cpu: '1'\n│", {"runtime"}, {"cpu", "resources"}),
        ("external_data:\n  - │", {"url", "local_data_path"}, {"model_name"}),
        ("external_data:\n- url: x\n  │", {"local_data_path"}, {"url", "model_name"}),
        ("external_data:\n  - url: x\n  - │", {"url", "local_data_path"}, {"model_name"}),
        ("broken: [\nresources:\n  │", {"cpu"}, {"model_name"}),
    ],
)
def test_keys_by_context(source: str, offered: set[str], withheld: set[str]) -> None:
    snapshot, position, _ = snapshot_of(source)
    labels = {one.label for one in completion(snapshot, position)}
    assert offered <= labels
    assert not withheld & labels
    assert len(labels) <= 100


@pytest.mark.parametrize(
    "source",
    [
        "# mod│",
        "description: |\n  mod│",
        "description: >-\n  text\n  mod│",
        "environment_variables:\n  │",
        "model_name: x # my│",
        "model_name: x\n  │",
        "requirements:\n  - │",
    ],
)
def test_nothing_where_nothing_is_known(source: str) -> None:
    snapshot, position, _ = snapshot_of(source)
    assert completion(snapshot, position) == ()


@pytest.mark.parametrize(
    ("source", "label", "after"),
    [
        ("mod│", "model_name", "model_name: "),
        ("mod│el_nam: x", "model_name", "model_name: x"),
        ("reso│", "resources", "resources:"),
        ("resources:\n  accelerator: │", "A10G", "resources:\n  accelerator: A10G"),
        ("resources:\n  accelerator: H│100 # x", "H200", "resources:\n  accelerator: H200 # x"),
        ("resources:\n  accelerator:│", "A10G", "resources:\n  accelerator: A10G"),
        ("use_control_plane: t│", "true", "use_control_plane: true"),
        ("python_version: │", "py311", "python_version: py311"),
        ("resources:\n  cpu: │", '"1"', 'resources:\n  cpu: "1"'),
        # What stands above or below makes no difference.
        ("model_name: x\npython_version: │", "py311", "model_name: x\npython_version: py311"),
        (
            "resources:\n  memory: 1Gi\n  cpu: │\nruntime: {}",
            '"2"',
            'resources:\n  memory: 1Gi\n  cpu: "2"\nruntime: {}',
        ),
        (
            "weights:\n- source: x\n  auth:\n    auth_method: │",
            "AWS_OIDC",
            "weights:\n- source: x\n  auth:\n    auth_method: AWS_OIDC",
        ),
        ("python_version: 3.1│", "py311", "python_version: py311"),
        ("resources:\n  memory: 1.5│", "1.5Gi", "resources:\n  memory: 1.5Gi"),
        # The first entry of a list brings its dash along.
        ("external_data:\n    │", "url", "external_data:\n    - url: "),
        ("external_data:\n  - url: x\n  │", "url", "external_data:\n  - url: x\n  - url: "),
        # Behind a key that holds a block, its first line comes below, by the file's own step.
        ("resources:│", "cpu", "resources:\n  cpu: "),
        ("runtime: {}\nresources: c│", "cpu", "runtime: {}\nresources:\n  cpu: "),
        (
            "runtime:\n   predict_concurrency: 2\n   transport:│",
            "kind",
            "runtime:\n   predict_concurrency: 2\n   transport:\n      kind: ",
        ),
        ("resources:│\n    cpu: '1'", "memory", "resources:\n    memory: \n    cpu: '1'"),
        ("weights:│", "source", "weights:\n  - source: "),
        ("weights:\n  - auth:│", "auth_method", "weights:\n  - auth:\n      auth_method: "),
        # As in JSON.
        ('{"resources": {"mem│"}}', "memory", '{"resources": {"memory"}}'),
        ("'resources':\n  acc│", "accelerator", "'resources':\n  accelerator: "),
    ],
)
def test_a_suggestion_fits_in(source: str, label: str, after: str) -> None:
    assert accept(source, label) == after


@pytest.mark.parametrize(
    ("lines", "before", "path"),
    [
        (["a:", "  b:", "    c: 1"], "  ", ("a",)),
        (["a:", "  b:", "    c: 1"], "    ", ("a", "b")),
        (["a:", "- b: 1"], "  ", ("a",)),
        (["a:", "- b:", "  - c: 1"], "    ", ("a", "b")),
        (["a:", "  - b: 1", "    c:", "      d: 1"], "    ", ("a",)),
        (["a: 1"], "  ", None),
        (["a: |"], "  ", None),
    ],
)
def test_the_way_to_a_line(lines: list[str], before: str, path: tuple[str, ...] | None) -> None:
    assert parents([*lines, before], len(lines), before) == path


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("«mod│el_name»: x\n", "**`model_name`**"),
        ("resources:\n  memory: «2│Gi»\n", "**`resources.memory`**"),
        ("resources:\n  «acceler│ator»: A10G\n", "`H100`"),
        ("resources:\n  «mem│ory»: 1Gi\n", "rebuild"),
        ("external_data:\n  - «ur│l»: x\n", "**`external_data.url`**"),
        ("description: '🚀'\n«mod│el_name»: x\n", "default"),
    ],
)
def test_hover_says_what_a_key_is_for(source: str, says: str) -> None:
    snapshot, position, text = snapshot_of(source)
    found = hover(snapshot, position, NOTHING_AROUND, lambda anchor: f"#{anchor}")
    assert found is not None
    assert says in found.text
    ((start, end),) = text.ranges
    assert found.range == snapshot.range(start, end)


@pytest.mark.parametrize(
    "source", ["│", "# a│\n", "unknown│: 1\n", "model_name:   │  x\n", "a: [│\n"]
)
def test_hover_is_silent_elsewhere(source: str) -> None:
    snapshot, position, _ = snapshot_of(source)
    assert hover(snapshot, position, NOTHING_AROUND, lambda anchor: None) is None


async def test_both_over_the_wire(truss: Path, open_editor: OpenEditor) -> None:
    editor = await open_editor(truss)
    editor.open("config.yaml", "resources:\n  \n")
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    listed = await editor.client.text_document_completion_async(
        types.CompletionParams(document, types.Position(1, 2))
    )
    assert isinstance(listed, types.CompletionList)
    assert "accelerator" in {item.label for item in listed.items}
    about = await editor.client.text_document_hover_async(
        types.HoverParams(document, types.Position(0, 3))
    )
    assert about is not None
    assert isinstance(about.contents, types.MarkupContent)
    assert "resources" in about.contents.value
