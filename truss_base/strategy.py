"""The strategies by which a change of a Truss reaches a running container.

A leaf module: the config's fields name the strategy a change of them leads to, and the planner
chooses among them. Kept apart so that neither has to import the other.
"""

from __future__ import annotations

from enum import IntEnum


class Strategy(IntEnum):
    """Ordered by cost: the strategy of a whole patch is the maximum over its changes."""

    SYNC = 0
    HOT_SWAP = 1
    RELOAD = 2
    NEW_ENVIRONMENT = 3
    REBUILD = 4

    @property
    def label(self) -> str:
        """The short name on the wire: `"S0"` to `"S4"`."""
        return f"S{self.value}"

    @property
    def title(self) -> str:
        """The name for people, such as `"hot swap"`."""
        return self.name.lower().replace("_", " ")

    @classmethod
    def from_label(cls, label: str) -> Strategy:
        """The strategy called `label` on the wire. Raises ValueError for any other text."""
        for strategy in cls:
            if strategy.label == label:
                return strategy
        raise ValueError(f"no strategy is called {label!r}: one of S0, S1, S2, S3, S4")
