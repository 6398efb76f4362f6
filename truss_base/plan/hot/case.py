"""What the rules look at, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from truss_base.plan.hot.family import LOADERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key
    from truss_base.plan.hot.spread import Spread


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change cannot be swapped: `because` is a sentence, `key` the affected definition."""

    key: Key
    because: str


@dataclass(frozen=True)
class Case:
    """Two versions of a program, and what lies between them."""

    old: Graph
    new: Graph
    changed: frozenset[Key]
    affected: Spread

    @cached_property
    def loading(self) -> tuple[tuple[Graph, Mapping[Key, Key | None]], ...]:
        """For either version, everything that runs or is reachable before the first request."""
        return tuple((graph, graph.reach(_loaders(graph))) for graph in (self.old, self.new))


def _loaders(graph: Graph) -> Iterator[Key]:
    yield from graph.family.classes
    for key in graph.family.members(graph.program):
        if key[1].rpartition(".")[2] in LOADERS:
            yield key
