"""The published table, from what was found out about a few cases."""

from __future__ import annotations

import pytest

from benchmarks.hot import table
from benchmarks.hot.record import Record, record
from tests.hot.hot_cases import Case, all_cases
from tests.hot.hot_verdicts import Run, Verdict

OTHERS = {"truss": ("wrong", "1 instead of 2"), "autoreload": ("ok", ""), "jurigged": ("ok", "")}


@pytest.fixture(scope="module")
def case() -> Case:
    return all_cases()[0]


def found(case: Case, strategy: str, verdict: Verdict, forced: Verdict | None = None) -> Record:
    return record(case, Run(strategy, ("because",), verdict), forced, OTHERS)


def test_hot_is_safe_when_it_was_right_or_a_forced_swap_was(case: Case) -> None:
    assert found(case, "S1", Verdict.OK).safe
    assert found(case, "S2", Verdict.OK, Verdict.OK).too_careful
    assert not found(case, "S2", Verdict.OK, Verdict.WRONG).safe
    assert not found(case, "S1", Verdict.WRONG, Verdict.WRONG).safe


def test_the_summary_counts_what_matters(case: Case) -> None:
    records = [
        found(case, "S1", Verdict.OK),
        found(case, "S2", Verdict.OK, Verdict.OK),
        found(case, "S2", Verdict.OK, Verdict.BROKEN),
        found(case, "S1", Verdict.WRONG, Verdict.WRONG),
    ]
    ours, truss, *_, last = table.summary(records)
    assert ours == "- **ours**: 1 wrong or broken of 4 (3 ok, 1 wrong)"
    assert truss.endswith("hot reload**: 4 wrong or broken of 4 (4 wrong)")
    assert "safe in 2 cases; ours is hot in 1 of them (50.0 %), and wrong or broken in 1" in last


def test_a_line_links_to_the_case_and_shows_every_tool(case: Case) -> None:
    text = table.document([found(case, "S2", Verdict.OK, Verdict.OK)])
    line = next(line for line in text.splitlines() if case.id in line)
    assert f"#{case.id})" in line
    assert line.endswith("| reload ok (careful) | **wrong** | ok | ok | because |")


def test_no_folder_of_a_machine_is_published(case: Case) -> None:
    run = Run("-", ("cannot import name 'a' from 'b' (/tmp/x/b.py)",), Verdict.REJECTED)
    assert record(case, run, None, OTHERS).reason == "cannot import name 'a' from 'b'"
