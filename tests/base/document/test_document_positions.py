"""Every node takes exactly its own characters."""

from __future__ import annotations

import pytest
from text_marks import marked

from truss_base.document import Document, resolve

NODES = [
    ("a: «1»", ("a",)),
    ("a: «two words»  # comment", ("a",)),
    ("a: «'x'»", ("a",)),
    ('a: «"x\\n😀"» ', ("a",)),
    ("é😀: «x»", ("é😀",)),
    ("a: «[1, [2]]»\nb: 1", ("a",)),
    ("a: [1, «[2]»]", ("a", 1)),
    ("a: «{b: 1}»", ("a",)),
    # Blank lines and comments after a block belong to nothing.
    ("a:\n  «b: 1\n  c: 2»\n\n# comment\n\nd: 3", ("a",)),
    ("a:\n«- 1\n- 2»\n\n\nd: 3", ("a",)),
    ("a: «|\n  x\n  y»\n\nb: 1", ("a",)),
    ("a: «>-\n  x»\n", ("a",)),
    # An absent value is right after the colon.
    ("a:«»\nb: 1", ("a",)),
    # Anchors and tags are in front of a value, not in it.
    ("a: &x «1»", ("a",)),
    ("a: !!str «1»", ("a",)),
    ("a: &x !!str «'1'»", ("a",)),
    ("a: &x «[1]»", ("a",)),
    # An alias is where it is written, not where it points.
    ("a: &x 1\nb: «*x»", ("b",)),
    ("\ufeffa: «1»", ("a",)),
    ("a: 1\r\nb: «2»\r\n", ("b",)),
    ("a: 1\rb: «2»\r", ("b",)),
    ("a: x\u2028b: «y»", ("b",)),
    ("a: 1\na: «2»", ("a",)),
    ("base: &b\n  x: «1»\nc:\n  <<: *b\n", ("c", "x")),
]


@pytest.mark.parametrize(("text", "path"), NODES)
def test_values_are_where_they_are_written(text: str, path: tuple[str | int, ...]) -> None:
    text, ranges = marked(text)
    node = Document.parse(text).node(path)
    assert node is not None
    assert f"{node.start}:{node.end}" == ranges[0]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("«a»: 1", ("a",)),
        ("a:\n  «'b c'»: 1", ("a", "b c")),
        ("- «a»: 1", (0, "a")),
        ("? «a»\n: 1", ("a",)),
        ("a: 1\n«a»: 2", ("a",)),
    ],
)
def test_keys_are_where_they_are_written(text: str, path: tuple[str | int, ...]) -> None:
    text, ranges = marked(text)
    entry = Document.parse(text).entry(path)
    assert entry is not None
    assert f"{entry.key.start}:{entry.key.end}" == ranges[0]


def test_what_is_not_there_has_no_node() -> None:
    document = Document.parse("a:\n- b: 1\n")
    assert document.node(("c",)) is None
    assert document.node(("a", 1)) is None
    assert document.node(("a", 0, "b", "c")) is None
    assert document.entry(()) is None
    assert document.entry(("a", 0)) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("res|ources:\n  cpu: 1", ("resources",)),
        ("resources:\n  cp|u: 1", ("resources", "cpu")),
        ("resources:\n  cpu: |1", ("resources", "cpu")),
        ("weights:\n- source: a|b", ("weights", 0, "source")),
        ("requirements: [a, b|c]", ("requirements", 1)),
        ("a: 1\n|", ()),
    ],
)
def test_the_path_at_a_cursor_is_that_of_the_innermost_node(
    text: str, path: tuple[str | int, ...]
) -> None:
    cursor = text.index("|")
    assert Document.parse(text.replace("|", "")).path_at(cursor)[0] == path


def test_an_alias_resolves_to_what_it_stands_for() -> None:
    document = Document.parse("a: &x {b: 1}\nc: *x\n")
    alias, target = document.node(("c",)), document.node(("a",))
    assert alias is not None
    assert resolve(alias) is target
    assert document.node(("c", "b")) is document.node(("a", "b"))


def test_duplicates_keep_both_entries() -> None:
    document = Document.parse("a: 1\nb: 2\na: 3\na: 4\n")
    assert [(d.key, d.first.key.start, d.again.key.start) for d in document.duplicates] == [
        ("a", 0, 10),
        ("a", 10, 15),
    ]
