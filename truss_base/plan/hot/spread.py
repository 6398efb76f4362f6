"""How far a change spreads: everything that uses what changed, in the old program or the new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.graph import ANYTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key


@dataclass(frozen=True, slots=True)
class Spread:
    """The affected definitions, each with the one it is affected through (None: it changed).

    `seeds` are those that nothing they need affects: what changed, and what has to start anew.
    """

    through: Mapping[Key, Key | None]
    seeds: frozenset[Key]

    def __contains__(self, key: object) -> bool:
        return key in self.through

    def is_seed(self, key: Key) -> bool:
        """Whether `key` is affected by itself."""
        return key in self.seeds

    def origin(self, key: Key) -> Key:
        """The change that reached `key`."""
        while (through := self.through.get(key)) is not None:
            key = through
        return key


def spread(seeds: Mapping[Key, Key | None], old: Graph, new: Graph) -> Spread:
    """Spreads `seeds` over both programs: code that used what is gone is affected, too.

    A seed comes with the change that makes it one, or None if it changed itself.
    """
    through: dict[Key, Key | None] = dict(sorted(seeds.items(), key=_changed_first))
    pending = list(through)
    if pending:
        through.setdefault(ANYTHING, pending[0])
        pending.append(ANYTHING)
    for key in pending:
        for graph in (old, new):
            for user in graph.users(key):
                if user not in through:
                    through[user] = key
                    pending.append(user)
    return Spread(through, frozenset(seeds))


def _changed_first(seed: tuple[Key, Key | None]) -> tuple[bool, Key]:
    return seed[1] is not None, seed[0]
