"""Texts made to hurt: deep, large, unfolding. One problem each, no exception, no hang."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truss_base import ConfigError, TrussConfig, validate
from truss_base.document import Document
from truss_base.document.compose import MAX_DEPTH


def laughs(levels: int) -> str:
    """Lines that each hold the one above nine times: 9**levels values in a few bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 1000 + "]" * 1000,
        "a: " + "{a: " * 1000 + "}" * 1000,
        "\n".join("  " * depth + "a:" for depth in range(1000)),
        "- " * 1000 + "a",
        "[" * 100_000,
        laughs(12),
    ],
    ids=["lists", "mappings", "block", "entries", "open", "laughs"],
)
def test_too_much_is_one_problem(text: str) -> None:
    document = Document.parse(text)
    assert [problem.kind for problem in document.problems] == ["too-large"]
    assert repr(document.data) is not None


def test_depth_up_to_the_limit_is_read() -> None:
    text = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert Document.parse(text).problems == ()


def test_what_only_a_push_refuses_is_read_and_warned_of() -> None:
    text = f"model_name: x\nmodel_metadata: {{a: {'[' * 300}{']' * 300}}}\n"
    document = Document.parse(text)
    assert (document.depth, document.problems) == (302, ())
    (finding,) = validate(text)
    assert (finding.code, finding.severity) == ("too-large", "warning")
    assert text[finding.start : finding.end] == "model_metadata"
    with pytest.raises(ConfigError, match="nested deeper than 256 levels"):
        TrussConfig.from_text(text)


def test_a_config_of_the_depth_a_push_takes_can_be_written() -> None:
    config = TrussConfig.from_text(f"model_metadata: {{a: {'[' * 254}{']' * 254}}}\n")
    assert TrussConfig.from_text(config.to_yaml()) == config


def test_aliases_that_unfold_to_little_are_fine() -> None:
    document = Document.parse(laughs(5))
    assert document.problems == ()
    assert document.data["a4"][0] is document.data["a3"]


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x" * 5_000_000,
        "\n".join(f"key{number}: {number}" for number in range(100_000)),
        "\t" * 100_000,
        "'\"" * 50_000,
        "a: 1\n" + "foo bar\n" * 20_000,
        ": " * 50_000,
    ],
    ids=["value", "keys", "tabs", "quotes", "words", "colons"],
)
def test_large_texts_are_read_or_refused(text: str) -> None:
    document = Document.parse(text)
    assert document.problems or document.data


PIECES = st.sampled_from(
    [
        *("a", "key", ": ", ":", "\n", "\n  ", "- ", "[", "]", "{", "}", "'", '"', "&a ", "*a"),
        *("<<", "|", ">", "#", "?", "!", "!!str ", "\t", "\r", "\u2028", "\ufeff", "\0", "\ud800"),
        *("😀", "---\n", "...\n", "%", "@", "=", "~", "1:30", "0o7", "2020-01-01", ", "),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_has_nodes_within_it(text: str) -> None:
    document = Document.parse(text)
    for problem in document.problems:
        assert 0 <= problem.start <= problem.end <= len(text) + 1
    pending = [document.root] if document.root is not None else []
    while pending:
        node = pending.pop()
        assert 0 <= node.start <= node.end <= len(text) + 1
        pending += getattr(node, "items", [])
        pending += [part for e in getattr(node, "entries", []) for part in (e.key, e.value)]
