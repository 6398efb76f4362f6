"""What a change led to, judged against freshly started processes. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.hot.hot_answers import Answer

HOT = ("S0", "S1")


class Verdict(enum.Enum):
    """What became of one change."""

    OK = "ok"
    REJECTED = "rejected correctly"  # version 2 cannot run; version 1 answers on
    REFUSED = "refused"  # version 2 can run and was not taken; version 1 answers on
    WRONG = "wrong"  # answers that version 2 would not give
    BROKEN = "broken"  # errors where version 2 has none, a failed request, a dead process

    @property
    def good(self) -> bool:
        return self in (Verdict.OK, Verdict.REJECTED)


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one case: the strategy that was taken, why, and the verdict."""

    strategy: str
    reasons: tuple[str, ...]
    verdict: Verdict
    note: str = ""

    @property
    def hot(self) -> bool:
        """Whether the process that answered before answers still."""
        return self.strategy in HOT


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen after a change. `accepted`: whoever applied it said that it worked."""

    accepted: bool
    answers: Sequence[Answer]
    in_flight: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class Fresh:
    """How freshly started processes answer. Questions, because most are never asked.

    `probed` is None when version 2 does not start. State that requests leave may be kept or lost:
    `exercised` is version 2 that has seen the same requests before.
    """

    probed: Callable[[], Sequence[Answer] | None]
    exercised: Callable[[], Sequence[Answer]]
    old: Callable[[], Sequence[Answer]]
    in_flight_old: Callable[[], Sequence[Answer]]
    in_flight_new: Callable[[], Sequence[Answer]]


def judge(seen: Observed, fresh: Fresh) -> tuple[Verdict, str]:
    """The verdict and, where it is not good, what was seen instead of what."""
    wanted = fresh.probed()
    verdict, note = _judge_probe(seen, wanted, fresh)
    if not verdict.good or not seen.in_flight:
        return verdict, note
    return _judge_in_flight(verdict, seen.in_flight, fresh)


def _judge_probe(
    seen: Observed, wanted: Sequence[Answer] | None, fresh: Fresh
) -> tuple[Verdict, str]:
    if not seen.accepted:
        old = fresh.old()
        if list(seen.answers) == list(old):
            return (Verdict.REJECTED if wanted is None else Verdict.REFUSED), ""
        return _difference(seen.answers, old, "after a refusal ")
    if wanted is None:
        return Verdict.BROKEN, f"version 2 cannot start, yet: {_shown(seen.answers)}"
    answers = list(seen.answers)
    if answers == list(wanted) or answers == list(fresh.exercised()):
        return Verdict.OK, ""
    return _difference(seen.answers, wanted)


def _judge_in_flight(verdict: Verdict, seen: Sequence[Answer], fresh: Fresh) -> tuple[Verdict, str]:
    old, new = fresh.in_flight_old(), fresh.in_flight_new()
    for answer, before, after in zip(seen, old, new, strict=True):
        if answer not in (before, after):
            return _difference([answer], [before], "in flight ")
    return verdict, ""


def _difference(
    seen: Sequence[Answer], wanted: Sequence[Answer], where: str = ""
) -> tuple[Verdict, str]:
    pairs = list(zip(seen, wanted, strict=True))
    failed = any(answer.failed and not right.failed for answer, right in pairs)
    note = f"{where}{_shown(seen)} instead of {_shown(wanted)}"
    return (Verdict.BROKEN if failed else Verdict.WRONG), note


def _shown(answers: Sequence[Answer]) -> str:
    return ", ".join(
        repr(answer.body) if answer.status == 200 else f"status {answer.status}"
        for answer in answers
    )
