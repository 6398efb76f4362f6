"""The reviewed list of differences that are meant, in accepted.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml

from drift.difference import Difference, DifferenceKind

FILE = Path(__file__).with_name("accepted.yaml")


@dataclass(frozen=True, slots=True)
class Entry:
    """Differences of one kind that are meant: `*` in `where` stands for anything."""

    kind: DifferenceKind
    where: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether the difference is one of those."""
        pattern = ".*".join(re.escape(part) for part in self.where.split("*"))
        return self.kind == difference.kind and bool(re.fullmatch(pattern, difference.where))


@dataclass(frozen=True, slots=True)
class Review:
    """Differences held against the list: `stale` entries match nothing any more."""

    left: list[Difference]
    covered: list[tuple[Difference, Entry]]
    stale: list[Entry]


def read(text: str) -> list[Entry]:
    """The entries of the list. Raises ValueError for one without a known kind or a reason."""
    entries: list[Entry] = []
    for number, item in enumerate(yaml.safe_load(text) or (), 1):
        keys = item if isinstance(item, dict) else {}
        if set(keys) != {"kind", "where", "reason"} or not all(keys.values()):
            raise ValueError(f"entry {number} of the accepted list needs kind, where and reason")
        if keys["kind"] not in get_args(DifferenceKind):
            raise ValueError(f"entry {number} of the accepted list has no known kind")
        places = keys["where"] if isinstance(keys["where"], list) else [keys["where"]]
        reason = " ".join(keys["reason"].split())
        entries += (Entry(keys["kind"], place, reason) for place in places)
    return entries


def review(differences: Iterable[Difference], entries: list[Entry]) -> Review:
    """Parts what is left to mend from what is meant, and finds entries of no use."""
    left, covered = [], []
    for difference in differences:
        entry = next((entry for entry in entries if entry.covers(difference)), None)
        if entry is None:
            left.append(difference)
        else:
            covered.append((difference, entry))
    used = {id(entry) for _, entry in covered}
    return Review(left, covered, [entry for entry in entries if id(entry) not in used])
