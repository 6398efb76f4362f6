"""The reviewed list silences exactly what it names, and tells which entries are of no use."""

from __future__ import annotations

import pytest

from drift.accepted import FILE, Entry, Review, read, review
from drift.difference import Difference
from drift.report import lines

OURS = Difference("field-extra", "use_control_plane")
OTHER = Difference("field-extra", "use_control_plane_too")


def test_an_entry_silences_what_it_names_and_nothing_else() -> None:
    entry = Entry("field-extra", "use_control_plane", "ours")
    outcome = review([OURS, OTHER, Difference("type", "use_control_plane")], [entry])
    assert outcome.covered == [(OURS, entry)]
    assert outcome.left == [OTHER, Difference("type", "use_control_plane")]
    assert outcome.stale == []


@pytest.mark.parametrize(
    ("pattern", "where", "covered"),
    [
        ("weights[].source", "weights[].source", True),
        ("weights[].source", "weightss.source", False),
        ("trt_llm.build.* (unknown-key)", "trt_llm.build.a.b (unknown-key)", True),
        ("trt_llm.build.* (unknown-key)", "trt_llm.build.a (type)", False),
        ("trt_llm<*>.build", "trt_llm<v1>.build", True),
        ("trt_llm<*>.build", "trt_llm<v1>.builds", False),
    ],
)
def test_a_star_stands_for_anything_and_brackets_for_themselves(
    pattern: str, where: str, covered: bool
) -> None:
    assert Entry("type", pattern, "why").covers(Difference("type", where)) is covered


def test_an_entry_that_matches_nothing_is_told_as_stale() -> None:
    entry = Entry("enum", "python_version", "was so once")
    outcome = review([OURS], [entry])
    assert outcome.stale == [entry]
    assert list(lines(Review([], [], outcome.stale))) == [
        "stale: enum python_version matches nothing any more; remove it from the list"
    ]


def test_one_reason_may_hold_for_several_places() -> None:
    text = "[{kind: schema, where: [a, b], reason: both}]"
    assert read(text) == [Entry("schema", "a", "both"), Entry("schema", "b", "both")]


@pytest.mark.parametrize(
    "text",
    [
        "[{kind: type, where: a}]",
        "[{kind: type, where: a, reason: ''}]",
        "[{kind: nonsense, where: a, reason: because}]",
        "[{kind: type, where: a, reason: because, more: 1}]",
        "[text]",
    ],
)
def test_an_entry_without_a_kind_or_a_reason_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="entry 1 of the accepted list"):
        read(text)


def test_the_list_of_this_project_begins_with_the_key_it_revives() -> None:
    entries = read(FILE.read_text(encoding="utf-8"))
    assert (entries[0].kind, entries[0].where) == ("field-extra", "use_control_plane")
