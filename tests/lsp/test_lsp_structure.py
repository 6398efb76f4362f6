"""Outline, folds and growing selections of a config, as functions of its text."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_marks import marked

from lsp_server.features.folding import folds, selection
from lsp_server.features.symbols import MOST_SYMBOLS, symbols
from lsp_server.items import Symbol
from lsp_server.snapshot import Snapshot

CONFIG = Path("/truss/config.yaml")


def snapshot_of(text: str) -> Snapshot:
    return Snapshot(CONFIG.as_uri(), CONFIG, 1, text, "utf-16", CONFIG.parent)


def drawn(found: tuple[Symbol, ...], indent: str = "") -> list[str]:
    """An outline as lines: name, kind and detail."""
    lines = []
    for one in found:
        lines.append(f"{indent}{one.name} <{one.kind}> {one.detail}".rstrip())
        lines += drawn(one.children, indent + "  ")
    return lines


def test_the_outline_shows_keys_with_their_values() -> None:
    text = """\
model_name: My 🚀 model
use_control_plane: true
resources: &r
  cpu: "1"
  accelerator: null
requirements:
  - torch==2.1
  - numpy
external_data:
  - url: https://x/y
    local_data_path: y
runtime: {predict_concurrency: 2}
training: *r
"""
    assert drawn(symbols(snapshot_of(text))) == [
        "model_name <text> My 🚀 model",
        "use_control_plane <boolean> true",
        "resources <block>",
        "  cpu <text> 1",
        "  accelerator <null> null",
        "requirements <list> 2 entries",
        "  torch==2.1 <text>",
        "  numpy <text>",
        "external_data <list> 1 entry",
        "  url: https://x/y <block>",
        "    url <text> https://x/y",
        "    local_data_path <text> y",
        "runtime <block>",
        "  predict_concurrency <number> 2",
        "training <text> *r",
    ]


def test_ranges_of_the_outline_lie_inside_each_other() -> None:
    text = "a:\n  - b: 1\n    c: [x, {d: 2}]\ne:\n"

    def check(one: Symbol) -> None:
        assert one.range.start <= one.name_range.start <= one.name_range.end <= one.range.end
        for child in one.children:
            assert one.range.start <= child.range.start <= child.range.end <= one.range.end
            check(child)

    for top in symbols(snapshot_of(text)):
        check(top)


def test_an_outline_is_bounded() -> None:
    found = symbols(snapshot_of("".join(f"k{n}: 1\n" for n in range(MOST_SYMBOLS + 10))))
    assert len(found) == MOST_SYMBOLS


def test_what_does_not_parse_keeps_its_outline() -> None:
    assert {"model_name", "resources"} <= {
        one.name for one in symbols(snapshot_of("model_name: x\nbroken: [\nresources:\n  cpu: 1\n"))
    }


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a: 1\nb: 2\n", []),
        ("a:\n  b: 1\n  c:\n    - 1\n    - 2\n\nd: 1\n", [(0, 4, False), (2, 4, False)]),
        ("- a: 1\n  b: 2\n- c: 3\n", [(0, 1, False)]),
        ("a: |\n  # no comment\n  # but text\n", [(0, 2, False)]),
        ("# one\n# two\na: 1\n# single\n", [(0, 1, True)]),
        ("a: {b: 1,\n  c: 2}\n", [(0, 1, False)]),
        ("", []),
    ],
)
def test_blocks_and_comments_fold(text: str, folded: list[tuple[int, int, bool]]) -> None:
    found = folds(snapshot_of(text))
    assert sorted((one.first, one.last, one.comment) for one in found) == folded


@pytest.mark.parametrize(
    ("source", "grown"),
    [
        ("a: 1\nb: x│y\n", ["xy", "b: xy", "a: 1\nb: xy", "a: 1\nb: xy\n"]),
        ("a:\n  - b: q│\n", ["q", "b: q", "- b: q", "a:\n  - b: q", "a:\n  - b: q\n"]),
        ("mod│el: 1", ["model", "model: 1"]),
        ("│", [""]),
    ],
)
def test_a_selection_grows_from_value_to_block(source: str, grown: list[str]) -> None:
    text = marked(source)
    snapshot = snapshot_of(text.text)
    found = selection(snapshot, snapshot.position(text.cursors[0]))
    shown = [text.text[snapshot.index(one.start) : snapshot.index(one.end)] for one in found]
    assert shown == grown


def test_other_files_have_none_of_it() -> None:
    plain = Snapshot("file:///truss/model.py", Path("/truss/model.py"), 1, "a: 1", "utf-16", None)
    assert (symbols(plain), folds(plain)) == ((), ())
