"""Whether a change of code can be swapped into the running model, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.building import build_swap
from truss_base.plan.hot.case import Case, Refusal
from truss_base.plan.hot.changes import changed_keys
from truss_base.plan.hot.graph import Edges
from truss_base.plan.hot.keeping.memory import memory_of
from truss_base.plan.hot.learnt import LEARNT
from truss_base.plan.hot.rebinding import rebinding_of
from truss_base.plan.hot.registries import registering
from truss_base.plan.hot.rules import RULES
from truss_base.plan.hot.spread import spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key, Program
    from truss_base.plan.hot.swap import Swap


@dataclass(frozen=True, slots=True)
class Analysis:
    """What changed, and either the swap or what speaks against it."""

    case: Case
    refusals: tuple[Refusal, ...]
    swap: Swap | None

    def origin(self, key: Key) -> Key:
        """The change through which `key` is affected."""
        return self.case.affected.origin(key)


@dataclass(frozen=True, slots=True)
class _Settled:
    """A case in which everything that has to start anew is affected."""

    case: Case
    refusals: tuple[Refusal, ...]
    carry_from: Mapping[Key, str]

    @property
    def swap(self) -> Swap:
        case = self.case
        return build_swap(case.old, case.new, case.affected.through.keys(), self.carry_from)


def analyse(old: Program, new: Program, edges: Edges | None = None) -> Analysis:
    """Compares two versions of a program. `edges` spares what an earlier comparison has found."""
    LEARNT.begin()
    settled = _settle(old, new, edges)
    refusals = [refusal for rule in RULES for refusal in rule(settled.case)]
    refusals += settled.refusals
    return Analysis(settled.case, tuple(refusals), None if refusals else settled.swap)


def forced(old: Program, new: Program) -> Swap:
    """The swap between two versions, whether it is safe or not."""
    return _settle(old, new, None).swap


def _settle(old: Program, new: Program, edges: Edges | None) -> _Settled:
    """Adds what starts anew to what is affected, until nothing is left to add."""
    edges = edges or Edges()
    before, after = edges.graph(old), edges.graph(new)
    changed = frozenset(changed_keys(old, new))
    changed |= _inherited(before, after)
    seeds: dict[Key, Key | None] = dict.fromkeys(changed)
    while True:
        case = Case(before, after, changed, spread(seeds, before, after))
        memory = memory_of(case)
        rebinding = rebinding_of(case)
        found = {**registering(case), **memory.resets, **rebinding.together}
        if found.keys() <= seeds.keys():
            refusals = (*memory.refusals, *rebinding.refusals)
            return _Settled(case, refusals, rebinding.carry_from)
        seeds.update((key, _through(case, by)) for key, by in found.items() if key not in seeds)


def _inherited(before: Graph, after: Graph) -> frozenset[Key]:
    """The members of classes that the model has as bases in one version only."""
    one_sided = {*before.family.classes} ^ {*after.family.classes}
    return frozenset(
        key
        for graph in (before, after)
        for key in graph.family.members(graph.program)
        if (key[0], key[1].rpartition(".")[0]) in one_sided
    )


def _through(case: Case, key: Key) -> Key | None:
    """The change behind what `key` has kept. Not `key` itself: it may come to need the seed."""
    return case.affected.origin(key) if key in case.affected else min(case.changed, default=None)
