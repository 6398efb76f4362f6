"""What the runs found out about one case, as plain data for the table and for JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.hot.hot_verdicts import Verdict

if TYPE_CHECKING:
    from tests.hot.hot_cases import Case
    from tests.hot.hot_verdicts import Run

HOT, RELOAD, REJECTED = "hot", "reload", "rejected"
RESTARTS = "restarts"  # a tool that does not offer to reload this change
NOT_SERVED = "not served"  # a request that is to be in flight is none that its server can answer
_FOLDER = re.compile(r" \(/\S+\)")


@dataclass(frozen=True, slots=True)
class Record:
    """`ours`: how the control plane brought version 2, and the verdict on it. `safe`: a hot swap is
    right, because it was taken and was right or because a forced one was. `others`: one word per
    tool. `notes`: what was seen where a verdict is bad."""

    group: str
    kind: str
    name: str
    id: str
    strategy: str
    verdict: str
    reason: str
    safe: bool
    others: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def hot(self) -> bool:
        return self.strategy == HOT

    @property
    def too_careful(self) -> bool:
        return self.safe and not self.hot


def record(
    case: Case, ours: Run, forced: Verdict | None, others: dict[str, tuple[str, str]]
) -> Record:
    """`forced` is None where a hot swap was taken anyway; `others` gives a word and a note each."""
    good = ours.verdict.good
    strategy = HOT if ours.hot else REJECTED if ours.strategy == "-" else RELOAD
    notes = {name: note for name, (_, note) in {"ours": ("", ours.note), **others}.items() if note}
    return Record(
        group=case.group,
        kind=case.kind,
        name=case.name,
        id=case.id,
        strategy=strategy,
        verdict=ours.verdict.value,
        reason=_FOLDER.sub("", "; ".join(ours.reasons)),
        safe=(ours.hot and good) or forced is Verdict.OK,
        others={name: word for name, (word, _) in others.items()},
        notes=notes,
    )
