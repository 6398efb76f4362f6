"""Configs, what either side says about them, and where the two disagree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from drift.difference import Difference, DifferenceKind
from truss_base.config import TrussConfig
from truss_base.document import Document
from truss_base.document.reading import PUSHED_DEPTH


@dataclass(frozen=True, slots=True)
class Sample:
    """A config to judge, as the text of a file or as data; `origin` says where it is from."""

    origin: str
    text: str | None = None
    data: Any = None

    def to_job(self) -> dict[str, Any]:
        """As the probe reads it."""
        return {"data": self.data} if self.text is None else {"text": self.text}

    def shown(self) -> str:
        """For people: short, on one line."""
        body = json.dumps(self.data if self.text is None else self.text)
        return f"{self.origin}: {body}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a config is refused when it is read, and what a push refuses beyond that.

    Both hold places with a code, `weights[].source (format)`; empty means accepted.
    """

    errors: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def our_verdict(sample: Sample) -> Verdict:
    """What our own loader says. Never raises."""
    data = sample.data
    if sample.text is not None:
        document = Document.parse(sample.text)
        if document.problems:
            return Verdict(tuple(f"the text ({problem.kind})" for problem in document.problems))
        if document.depth > PUSHED_DEPTH:
            return Verdict((), ("the text (too-large)",))
        data = document.data or {}
    if not isinstance(data, dict):
        return Verdict(("the config (not-a-mapping)",))
    config = TrussConfig.tolerant(data)
    errors = [fault for fault in config.faults if fault.severity == "error"]
    if errors:
        return Verdict(tuple(_place(fault.path, fault.code) for fault in errors))
    unknown = [fault for fault in config.faults if fault.severity == "warning"]
    return Verdict((), tuple(_place(f.path, f.code) for f in unknown if f.code in _UNKNOWN))


_EXTRA = re.compile(r"Extra fields not allowed: \[(.*?)\]")
# A legacy key is one the loader keeps and a push does not know.
_UNKNOWN = ("unknown-key", "deprecated")


def their_verdict(answer: dict[str, Any]) -> Verdict:
    """What the probe answered."""
    return Verdict(
        tuple(_place(fault["where"], fault["code"]) for fault in answer["errors"]),
        tuple(place for fault in answer["unknown"] for place in _unknown(fault)),
    )


def _unknown(fault: dict[str, Any]) -> Iterator[str]:
    """A push names the unknown keys of a mapping in its message only."""
    keys = _EXTRA.search(fault["message"])
    if keys is None:
        yield _place(fault["where"], fault["code"])
        return
    for key in keys[1].split(", "):
        yield _place([*fault["where"], key], "unknown-key")


def _place(path: Iterable[str | int], code: str) -> str:
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else f".{step}" if text else step
    return f"{text or 'the config'} ({code})"


def disagreements(sample: Sample, ours: Verdict, theirs: Verdict) -> Iterator[Difference]:
    """One difference for each reason the refusing side gives; none where both agree."""
    if bool(ours.errors) != bool(theirs.errors):
        yield from _told(sample, "we-refuse", "we-accept", ours.errors, theirs.errors)
    elif not ours.errors and bool(ours.unknown) != bool(theirs.unknown):
        yield from _told(sample, "push-we-refuse", "push-we-accept", ours.unknown, theirs.unknown)


def _told(
    sample: Sample,
    we_refuse: DifferenceKind,
    we_accept: DifferenceKind,
    ours: tuple[str, ...],
    theirs: tuple[str, ...],
) -> Iterator[Difference]:
    for where in sorted(set(ours)):
        yield Difference(we_refuse, where, "refused", "accepted", example=sample.shown())
    for where in sorted(set(theirs)):
        yield Difference(we_accept, where, "accepted", "refused", example=sample.shown())


@dataclass(slots=True)
class Tally:
    """Disagreements over many configs, taken together by their reason."""

    compared: int = 0
    accepted: int = 0
    _by_reason: dict[tuple[DifferenceKind, str], Difference] = field(default_factory=dict)

    def add(self, sample: Sample, theirs: Verdict) -> None:
        """Counts one config that the other side has judged."""
        ours = our_verdict(sample)
        self.compared += 1
        self.accepted += not ours.errors
        for found in disagreements(sample, ours, theirs):
            key = (found.kind, found.where)
            before = self._by_reason.get(key)
            self._by_reason[key] = _together(before, found) if before else found

    def differences(self) -> list[Difference]:
        """One per reason, the most frequent first."""
        return sorted(self._by_reason.values(), key=lambda found: (-found.times, found.where))


def _together(before: Difference, found: Difference) -> Difference:
    example = min(before.example, found.example, key=len)
    return Difference(found.kind, found.where, found.ours, found.theirs, before.times + 1, example)
