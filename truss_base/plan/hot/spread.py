"""How far a change spreads: everything that uses what changed, in the old program or the new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.graph import ANYTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key


@dataclass(frozen=True, slots=True)
class Spread:
    """The affected definitions, each with the one it is affected through (None: it changed)."""

    through: Mapping[Key, Key | None]

    def __contains__(self, key: object) -> bool:
        return key in self.through

    def is_seed(self, key: Key) -> bool:
        """Whether `key` changed itself."""
        return key in self.through and self.through[key] is None

    def origin(self, key: Key) -> Key:
        """The change that reached `key`."""
        while (through := self.through.get(key)) is not None:
            key = through
        return key


def spread(changed: Iterable[Key], old: Graph, new: Graph) -> Spread:
    """Spreads changes over both programs: code that used what is gone is affected, too."""
    through: dict[Key, Key | None] = dict.fromkeys(sorted(changed))
    pending = list(through)
    if pending:
        through.setdefault(ANYTHING, pending[0])
        pending.append(ANYTHING)
    for key in pending:
        for graph in (old, new):
            for user in graph.needed_by.get(key, ()):
                if user not in through:
                    through[user] = key
                    pending.append(user)
    return Spread(through)
