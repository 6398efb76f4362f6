"""Texts that are no YAML: the fault at its cause, and the other keys still known."""

from __future__ import annotations

import pytest
from text_marks import marked

from truss_base.document import Document

# The text with the fault marked, words of the message, the keys that stay known.
FAULTS = [
    # A colon is missing: libyaml complains a line later.
    ("«python_version»\nresources:\n  cpu: '1'\n", "':' is missing", "resources"),
    ("a: 1\n«python_version» py311\nb: 2\n", "':' is missing", "a b"),
    ("«resources»\n  cpu: '1'\n  memory: 1Gi\na: 1\n", "':' is missing", "resources a"),
    ("resources:\n«reso»\n  cpu: '1'\n", "':' is missing", "resources"),
    ("a«:»1\nb: 2\n", "a space is missing", "b"),
    # Indentation.
    ("a: 1\n «b»: 2\nc: 3\n", "indented further", "a c"),
    ("a:\n   b: 1\n  «c»: 2\nd: 3\n", "indentation", "a d"),
    ("a:\n «b»: 1\n  c: 2\n  d: 3\ne:\n  f: 1\n", "differently", "a e"),
    ("a:\n  b: 1\n«\t»c: 2\nd: 3\n", "tab", "a d"),
    ("x:\n  y: 1\na:\n   «b»: 1\n  c: 2\nd: 3\n", "further", "x a d"),
    (" «a»: 1\nb: 2\n", "further", "b"),
    ("a:\n  «b» c  # why\n  d: 1\ne: 2\n", "':' is missing", "a e"),
    ("a:\n  «tags»\n    - x\n  b: 1\nc: 2\n", "':' is missing", "a c"),
    # Quotes and brackets.
    ('a: «"»open\nb: 1\nc: 2\n', "never closed", "a b c"),
    ("a: «'»open\nb: 1\nc: 2\n", "never closed", "a b c"),
    ('a: «"»open\nb: 1\nc: "x"\nd: 1\n', "not closed", "b c d"),
    ("a: «[»1, 2\nb: 1\n", "never closed", "a b"),
    ("a: «{»b: 1\nc: 1\n", "never closed", "a c"),
    # As it is while it is typed: the text ends within.
    ("a: 1\nb: «[»\n", "never closed", "a"),
    ("a: 1\nb: «{»", "never closed", "a"),
    ("a: 1\nb: {c: «[»1, \n", "never closed", "a"),
    ("a: 1\nb: [2,«,» 3]\n", "missing", "a"),
    # Others.
    ("a: b«:» c\nd: 1\n", "second ': '", "a d"),
    ("a: «@»b\nc: 1\n", "cannot start", "c"),
    ("a: «`»b`\nc: 1\n", "cannot start", "c"),
    ("a: 1\n«---»\nb: 2\n", "one document", "a"),
    ("é: «\x07»b\nc: 2\n", "U+0007", "é c"),
    ("a: «\x00»b\nc: 2\n", "U+0000", "a c"),
    ("a: «\ud800»b\nc: 2\n", "U+D800", "a c"),
    ('😀: 1\n😁: «"»open\nb: 1\n', "never closed", "😀 b"),
    ("\ufeffa: «[»1\nb: 1\n", "never closed", "a b"),
    ("a: «[»1\r\nb: 1\r\n", "never closed", "a b"),
]


@pytest.mark.parametrize(("text", "words", "known"), FAULTS)
def test_a_fault_is_reported_where_it_is_made(text: str, words: str, known: str) -> None:
    text, ranges = marked(text)
    problems = Document.parse(text).problems
    assert [f"{p.start}:{p.end}" for p in problems] == ranges
    assert words in problems[0].message


@pytest.mark.parametrize(("text", "words", "known"), FAULTS)
def test_the_other_keys_stay_known(text: str, words: str, known: str) -> None:
    text, _ = marked(text)
    document = Document.parse(text)
    assert set(known.split()) <= set(document.data)
    for key in known.split():
        entry = document.entry((key,))
        assert entry is not None
        assert text[entry.key.start : entry.key.end] == key


def test_an_alias_to_nothing_leaves_no_data() -> None:
    document = Document.parse("a: *nothing\n")
    assert [p.kind for p in document.problems] == ["alias"]
    assert document.data is None


def test_a_text_without_a_fault_is_not_repaired() -> None:
    document = Document.parse("a: 1\n")
    assert document.problems == ()
    assert document.repaired == frozenset()


def test_repaired_lines_are_named() -> None:
    document = Document.parse("a: 1\npython_version py311\nb: 2\n")
    assert document.repaired == {1}


def test_a_dense_text_with_an_early_fault_is_repaired() -> None:
    document = Document.parse(
        "python_version py311\n" + "".join(f"k{n}: 1\n" for n in range(9_000))
    )
    assert document.repaired == {0}
    assert len(document.data) == 9_001
