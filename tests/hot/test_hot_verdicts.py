"""The verdict on a change: what was seen against what fresh processes answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hot.hot_answers import LOST, Answer
from tests.hot.hot_verdicts import Fresh, Observed, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

OLD, NEW, KEPT = Answer(200, "old"), Answer(200, "new"), Answer(200, "new, with state")
ERROR, MISSING, GONE = Answer(500), Answer(404), Answer(LOST)


def fresh(probed: Sequence[Answer] | None) -> Fresh:
    return Fresh(
        probed=lambda: probed,
        exercised=lambda: [KEPT],
        old=lambda: [OLD],
        in_flight_old=lambda: [OLD],
        in_flight_new=lambda: [NEW],
    )


@pytest.mark.parametrize(
    ("probed", "accepted", "answer", "in_flight", "verdict"),
    [
        ([NEW], True, NEW, [], Verdict.OK),
        ([NEW], True, KEPT, [], Verdict.OK),
        ([NEW], True, OLD, [], Verdict.WRONG),
        ([NEW], True, ERROR, [], Verdict.BROKEN),
        ([NEW], True, GONE, [], Verdict.BROKEN),
        ([ERROR], True, ERROR, [], Verdict.OK),
        ([NEW], True, MISSING, [], Verdict.WRONG),
        ([NEW], True, NEW, [OLD], Verdict.OK),
        ([NEW], True, NEW, [NEW], Verdict.OK),
        ([NEW], True, NEW, [KEPT], Verdict.WRONG),
        ([NEW], True, NEW, [ERROR], Verdict.BROKEN),
        ([NEW], False, OLD, [], Verdict.REFUSED),
        ([NEW], False, NEW, [], Verdict.WRONG),
        ([NEW], False, ERROR, [], Verdict.BROKEN),
        (None, False, OLD, [OLD], Verdict.REJECTED),
        (None, False, NEW, [], Verdict.WRONG),
        (None, False, OLD, [ERROR], Verdict.BROKEN),
        (None, True, OLD, [], Verdict.BROKEN),
    ],
)
def test_verdicts(
    probed: Sequence[Answer] | None,
    accepted: bool,
    answer: Answer,
    in_flight: Sequence[Answer],
    verdict: Verdict,
) -> None:
    seen = Observed(accepted, [answer], in_flight)
    assert judge(seen, fresh(probed))[0] is verdict


def test_the_note_says_what_was_seen_instead_of_what() -> None:
    assert judge(Observed(True, [OLD]), fresh([NEW]))[1] == "'old' instead of 'new'"
    assert judge(Observed(True, [ERROR]), fresh([NEW]))[1] == "status 500 instead of 'new'"
