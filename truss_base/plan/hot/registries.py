"""Registries of the Truss: variables in which a decorator notes what it is given.

`STEPS[function.__name__] = function` has kept the old function, but in a variable that can start
anew: then everything that was noted in it is noted again, in the order of a fresh start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import Kind, Role
from truss_base.plan.hot.names import resolve
from truss_base.plan.hot.purity import Purity, foreign_name
from truss_base.plan.hot.syntax import MUTATORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from truss_base.plan.hot.case import Case
    from truss_base.plan.hot.facts import Definition, Path, Use
    from truss_base.plan.hot.program import Key, Module, Program

_DISPATCHING = "functools.singledispatch"


def registering(case: Case) -> dict[Key, Key]:
    """The registries that have to start anew, each with what is noted in it and affected."""
    found: dict[Key, Key] = {}
    for graph in case.graphs:
        for key in case.affected.through:
            definition = graph.program.definition(key)
            for scan in definition.scans if definition is not None else ():
                for path in scan.decorators:
                    module = graph.program.modules[key[0]]
                    found |= dict.fromkeys(registries(graph.program, module, path), key)
    return {registry: key for registry, key in found.items() if registry not in case.affected}


def may_register_again(case: Case, program: Program, module: Module, path: Path) -> bool:
    """Whether a decorator fills only registries that start anew, as a fresh start would."""
    if foreign_name(program, module, path) == _DISPATCHING:
        return True
    found = registries(program, module, path)
    anew = bool(found) and all(key in case.affected for key in found)
    return anew and _importers(program, module.name) <= case.fresh


def registries(program: Program, module: Module, path: Path) -> Set[Key]:
    """The variables that a decorator fills; none unless that is all that it does."""
    if path[-1] == "register" and len(path) > 1:
        return {key for key in _functions(program, module, path[:-1]) if _dispatches(program, key)}
    found: set[Key] = set()
    for key in _functions(program, module, path):
        owner = program.modules[key[0]]
        definition = owner.facts.definitions[key[1]]
        filled = _filled(program, owner, definition)
        if filled is None:
            return frozenset()
        found |= filled
    return found


def _functions(program: Program, module: Module, path: Path) -> Iterator[Key]:
    for key in resolve(program, module, path, whole=False):
        definition = program.definition(key)
        is_function = definition is not None and definition.kind is Kind.FUNCTION
        if is_function and key[1] == path[-1]:
            yield key


def _dispatches(program: Program, key: Key) -> bool:
    module = program.modules[key[0]]
    scans = module.facts.definitions[key[1]].scans
    return all(
        [foreign_name(program, module, path) for path in scan.decorators] == [_DISPATCHING]
        for scan in scans
    )


def _filled(program: Program, module: Module, definition: Definition) -> Set[Key] | None:
    """The variables that a function changes; None if it does anything else."""
    found: set[Key] = set()
    purity = Purity(program)
    for scan in definition.scans:
        if scan.decorators or scan.anonymous_calls or scan.method_calls:
            return None
    for use in definition.uses:
        if use.role is Role.STORE:
            return None
        if use.role is Role.MUTATE:
            variables = _variables(program, module, use.path)
            if not variables:
                return None
            found |= variables
        fills = use.role is not Role.CALL or _fills(program, module, use)
        if not fills and not purity.may_call(module, use.path):
            return None
    return found


def _fills(program: Program, module: Module, use: Use) -> bool:
    return use.path[-1] in MUTATORS and bool(_variables(program, module, use.path[:-1]))


def _variables(program: Program, module: Module, path: Path) -> Set[Key]:
    """The variable of a module that `path` denotes, if it is one and nothing else."""
    found = set()
    for key in resolve(program, module, path, whole=False):
        definition = program.definition(key)
        if definition is None or definition.kind not in (Kind.VARIABLE, Kind.IMPORT):
            return frozenset()
        if definition.kind is Kind.VARIABLE and key[1] == path[-1]:
            found.add(key)
    return found


def _importers(program: Program, name: str) -> Set[str]:
    """The modules that import this one, directly or not. One of them that is not made anew would
    not import it again, where a fresh start does: what is noted would come in another order."""
    found: set[str] = set()
    pending = [name]
    while pending:
        wanted = pending.pop()
        for other in program.modules.values():
            if other.name not in found and other.name != wanted and wanted in _imports(other):
                found.add(other.name)
                pending.append(other.name)
    return found


def _imports(module: Module) -> Iterator[str]:
    for definition in module.facts.definitions.values():
        for scan in definition.scans:
            for targets in scan.imports.values():
                for target in targets:
                    base = module.absolute(target)
                    yield from (base, f"{base}.{target.name}", target.loads)
