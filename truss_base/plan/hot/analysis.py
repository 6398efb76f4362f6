"""Whether a change of code can be swapped into the running model, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.building import build_swap
from truss_base.plan.hot.case import Case, Refusal
from truss_base.plan.hot.changes import changed_keys
from truss_base.plan.hot.graph import graph_of
from truss_base.plan.hot.rules import RULES
from truss_base.plan.hot.spread import Spread, spread

if TYPE_CHECKING:
    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key, Program
    from truss_base.plan.hot.swap import Swap


@dataclass(frozen=True, slots=True)
class Analysis:
    """What changed, and either the swap or what speaks against it."""

    changed: frozenset[Key]
    refusals: tuple[Refusal, ...]
    swap: Swap | None
    affected: Spread

    def origin(self, key: Key) -> Key:
        """The change through which `key` is affected."""
        return self.affected.origin(key)


def analyse(old: Program, new: Program) -> Analysis:
    """Compares two versions of a program."""
    changed = frozenset(changed_keys(old, new))
    case = case_of(changed, graph_of(old), graph_of(new))
    refusals = tuple(refusal for rule in RULES for refusal in rule(case))
    swap = None if refusals else swap_of(case)
    return Analysis(changed, refusals, swap, case.affected)


def case_of(changed: frozenset[Key], old: Graph, new: Graph) -> Case:
    """The case that the rules judge."""
    return Case(old, new, changed, spread(changed, old, new))


def swap_of(case: Case) -> Swap:
    """The swap of a case, whether it is safe or not."""
    return build_swap(case.old, case.new, case.affected.through.keys())
