"""After a patch the running model answers what a freshly started version 2 would answer.

The cases are the Markdown files in `cases/`. Each is planned and, where the plan is to keep the
process, swapped into a real one. Those in which more than the swap matters (requests in flight,
versions that cannot run, saves in a row) go through a real control plane too; all of them do in
`benchmarks.bench_hot_cases`, which writes docs/hot-cases.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hot import hot_process
from tests.hot.hot_cases import Case, all_cases

if TYPE_CHECKING:
    from tests.hot.hot_plane import HotPlane

CASES = all_cases()
WHOLE_WAY = [
    case
    for case in CASES
    if case.in_flight or case.saves > 1 or case.group == "Versions that cannot run"
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_swapped_process_answers_as_if_freshly_started(case: Case) -> None:
    run = hot_process.run(case)
    assert run.verdict.good, (run.strategy, run.note, run.reasons)


@pytest.mark.parametrize("case", WHOLE_WAY, ids=lambda case: case.id)
def test_a_patched_model_answers_as_if_freshly_started(case: Case, hot_plane: HotPlane) -> None:
    run = hot_plane.run(case)
    assert run.verdict.good, (run.strategy, run.note, run.reasons)


def test_everyday_edits_keep_the_process() -> None:
    everyday = [case for case in CASES if case.group == "Everyday edits"]
    assert [case.name for case in everyday if not hot_process.stays(case)] == []
