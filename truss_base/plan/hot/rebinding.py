"""Variables that functions bind anew while requests are served.

A function that is carried over keeps the names of the module in which it was made. Who writes a
variable and who reads it must not end up with different modules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot.case import Case, Refusal
from truss_base.plan.hot.facts import SELF, Kind, Role
from truss_base.plan.hot.family import LOADERS
from truss_base.plan.hot.names import resolve
from truss_base.plan.hot.wording import called, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key


@dataclass(slots=True)
class Rebinding:
    """`together` are functions that have to run anew because others do, each with the variable
    that they share; `carry_from` names for a variable the function whose globals hold it."""

    together: dict[Key, Key] = field(default_factory=dict)
    carry_from: dict[Key, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


def rebinding_of(case: Case) -> Rebinding:
    """Looks at every variable of a module that gets a new object."""
    found = Rebinding()
    bound = dict(_bound(case))
    if not bound:
        return found  # as after most saves: then nobody asks who reaches what
    kept = {key for graph, reached in case.loading for key in _handed_out(graph, [*reached])}
    living = [graph.reach(kept & graph.needs.keys()).keys() for graph in case.graphs]
    serving = [graph.reach(_served(graph)).keys() for graph in case.graphs]
    for variable, binders in bound.items():
        live = {key for key in binders if any(key in s for s in (*serving, *living))}
        if not live:
            continue
        users = {user for graph in case.graphs for user in graph.users(variable)}
        users = {user for user in users if _is_function(case, user)} | live
        anew = {user for user in users if user in case.executed}
        if not anew:
            continue
        for user in sorted(users):
            if any(user in reached for reached in living):
                where = place(case.old.program, user)
                text = f"{called(variable)} is shared with {called(user)}, which `load` handed out"
                found.refusals.append(Refusal(_blamed(case, variable[0]), text + where))
            elif user not in anew:
                found.together[user] = variable
        found.carry_from.update(_holders(variable, live))
    return found


def _bound(case: Case) -> Iterator[tuple[Key, set[Key]]]:
    """The variables that functions bind in modules that get a new object, each with those."""
    for variable, writers in case.rebound.items():
        if variable[0] in case.fresh and variable not in case.affected:
            binders = {key for key, use in writers if _binds(variable, use.role, use.path)}
            if binders:
                yield variable, binders


def _holders(variable: Key, writers: Iterable[Key]) -> Iterator[tuple[Key, str]]:
    """The function in whose globals the current value stands."""
    for module, name in sorted(writers):
        if module == variable[0] and "." not in name:
            yield variable, name


def _binds(variable: Key, role: Role, path: tuple[str, ...]) -> bool:
    return role is Role.STORE and path[-1] == variable[1].rpartition(".")[2]


def _is_function(case: Case, key: Key) -> bool:
    for graph in case.graphs:
        definition = graph.program.definition(key)
        if definition is not None and definition.kind is Kind.FUNCTION:
            return True
    return False


def _served(graph: Graph) -> Iterator[Key]:
    for key in graph.family.members(graph.program):
        if key[1].rpartition(".")[2] not in LOADERS:
            yield key


def _handed_out(graph: Graph, reached: list[Key]) -> Iterator[Key]:
    """The functions that code before the first request takes as values."""
    for key in reached:
        definition = graph.program.definition(key)
        if definition is None or definition.kind is not Kind.FUNCTION:
            continue
        module = graph.program.modules[key[0]]
        for scan in definition.scans:
            for use in scan.uses:
                if use.eager or use.role is not Role.READ:
                    continue
                if use.path[0] == SELF:
                    if graph.family.owns(key) and len(use.path) > 1:
                        yield from graph.family.named(graph.program, use.path[1])
                    continue
                yield from resolve(graph.program, module, use.path, scan.imports, whole=False)


def _blamed(case: Case, module: str) -> Key:
    keys = sorted(case.affected.through)
    return next((key for key in keys if key[0] == module), min(case.changed))
