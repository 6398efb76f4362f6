"""What a plan consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from truss_base.plan.hot.swap import Swap


@dataclass(frozen=True, slots=True)
class Change:
    """One change and the cheapest strategy that is safe for it.

    `subject` is a path in the Truss, for a config key `config.yaml:` and its dotted path.
    `reason` is a sentence for the user that stands without the subject.
    """

    subject: str
    strategy: Strategy
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The strategy for a set of patches: the strongest that any change needs.

    `changes` come strongest first. With `upper_bound` the old text was not at hand: the real
    strategy may turn out cheaper, never dearer. `swap` says what a hot swap does: there is one
    exactly where that is the strategy.
    """

    strategy: Strategy
    changes: tuple[Change, ...]
    upper_bound: bool = False
    swap: Swap | None = None

    @classmethod
    def of(
        cls, changes: Iterable[Change], *, upper_bound: bool = False, swap: Swap | None = None
    ) -> Plan:
        """The plan for `changes`; nothing changed needs nothing but a sync."""
        ordered = tuple(sorted(changes, key=lambda change: (-change.strategy, change.subject)))
        strategy = ordered[0].strategy if ordered else Strategy.SYNC
        hot = swap if strategy is Strategy.HOT_SWAP else None
        return cls(strategy, ordered, upper_bound, hot)

    def to_dict(self) -> dict[str, Any]:
        """A JSON value: strategy and title of the whole, and one entry per change."""
        return {
            "strategy": self.strategy.label,
            "title": self.strategy.title,
            "upper_bound": self.upper_bound,
            "reasons": [
                {
                    "subject": change.subject,
                    "strategy": change.strategy.label,
                    "reason": change.reason,
                }
                for change in self.changes
            ],
        }
