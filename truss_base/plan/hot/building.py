"""Builds the swap for a set of affected definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import FIELDS, SELF, STAR, Kind, Role
from truss_base.plan.hot.names import ALL, resolve
from truss_base.plan.hot.purity import Purity
from truss_base.plan.hot.swap import ClassSwap, ModuleSwap, Swap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from truss_base.plan.hot.facts import Definition, Path
    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key, Module, Program

_LIVING = (Kind.FUNCTION, Kind.CLASS, Kind.COMPOUND)


def build_swap(
    old: Graph, new: Graph, rebuilt: Set[Key], carry_from: Mapping[Key, str] | None = None
) -> Swap:
    """The swap that executes the `rebuilt` definitions. `carry_from` names the function in whose
    globals the current value of a variable stands."""
    fresh = fresh_modules(new, rebuilt)
    classes = rebuilt_classes(new, rebuilt)
    modules = tuple(
        _module(old.program, new, new.program.modules[name], fresh, rebuilt, classes, carry_from)
        for name in sorted(fresh)
    )
    layout = new.program.layout
    return Swap(
        entry_module=layout.entry_module,
        entry_class=layout.entry_class,
        modules=modules,
        drop_cached=tuple(sorted(_dropped(old, rebuilt))),
        affected=_affected(old.program, rebuilt),
        removed_modules=tuple(sorted({*old.program.modules} - {*new.program.modules})),
    )


def fresh_modules(new: Graph, rebuilt: Set[Key]) -> frozenset[str]:
    """The modules that get a new object."""
    touched = {module for module, name in rebuilt if name and name != ALL}
    classes = rebuilt_classes(new, rebuilt)
    touched |= {module for module, _ in classes} | {*_handing_on(new, classes)}
    return frozenset(touched & {*new.program.modules})


def _handing_on(new: Graph, classes: Set[Key]) -> Iterator[str]:
    """The modules through which the model's classes are imported."""
    program = new.program
    entry = program.modules[program.layout.entry_module]
    wanted: list[tuple[Module, Path]] = [(entry, (program.layout.entry_class,))]
    for module, name in classes:
        definition = program.modules[module].facts.definitions[name]
        wanted += [(program.modules[module], base) for base in definition.scans[0].bases]
    for reader, path in wanted:
        found = resolve(program, reader, path, whole=False)
        if found & classes:
            yield from (name for name, item in found if item == path[-1])


def rebuilt_classes(new: Graph, rebuilt: Set[Key]) -> frozenset[Key]:
    """The model's classes that get a new object: those with an affected member or base."""
    family = new.family
    found = {key for key in family.classes if key in rebuilt}
    for key in rebuilt:
        if family.owns(key) and not key[1].endswith(ALL):
            found.add((key[0], key[1].rpartition(".")[0]))
    if found and family.classes:
        # A new base needs a new class below it; who of them is below whom is not worth knowing.
        others = [key for key in family.classes if key not in found]
        found |= {key for key in others if new.reach([key]).keys() & found}
        found.add(family.classes[0])
    return frozenset(found)


def _module(
    old: Program,
    new: Graph,
    module: Module,
    fresh: Set[str],
    rebuilt: Set[Key],
    classes: Set[Key],
    carry_from: Mapping[Key, str] | None,
) -> ModuleSwap:
    known = module.name in old.modules
    execute: list[int] = []
    carry: list[str] = []
    for place, names in enumerate(module.facts.statements):
        keys = {(module.name, name) for name in names}
        runs = not known or bool(keys & rebuilt) or bool(keys & classes)
        if runs or any(_binds_fresh(new, module, name, fresh, classes) for name in names):
            execute.append(place)
        else:
            carry += [name for name in names if not name.startswith("#")]
    carry += [
        name
        for name, definition in module.facts.definitions.items()
        if not definition.places and (module.name, name) not in rebuilt
    ]
    executed = {name for place in execute for name in module.facts.statements[place]}
    carried = tuple(dict.fromkeys(name for name in carry if name not in executed))
    moved = {
        name: carry_from[module.name, name]
        for name in carried
        if carry_from and (module.name, name) in carry_from
    }
    return ModuleSwap(
        name=module.name,
        path=module.path,
        package=module.is_package,
        execute=tuple(execute),
        carry=tuple(name for name in carried if name not in moved),
        carry_from=moved,
        classes={
            name: _class(module, name, rebuilt, Purity(new.program), _added_attributes(old, name))
            for owner, name in sorted(classes)
            if owner == module.name and known
        },
    )


def _binds_fresh(new: Graph, module: Module, name: str, fresh: Set[str], classes: Set[Key]) -> bool:
    """Whether an import binds a module that gets a new object, or has a meaning of its own."""
    definition = module.facts.definitions[name]
    if name == STAR:
        return True
    if definition.kind not in (Kind.IMPORT, Kind.COMPOUND):
        return False
    denoted = resolve(new.program, module, (name,), whole=False)
    if denoted & classes:
        return True
    for scan in definition.scans:
        for target in scan.imports.get(name, ()):
            base = module.absolute(target)
            bound = base if target.name is None else f"{base}.{target.name}"
            below = f"{bound}."
            if base == "__future__" or bound in fresh:
                return True
            if target.name is None and any(item.startswith(below) for item in fresh):
                return True
    return False


def _class(
    module: Module, name: str, rebuilt: Set[Key], purity: Purity, added: Set[str]
) -> ClassSwap:
    execute: list[int] = []
    carry: list[str] = []
    for place, members in enumerate(module.facts.bodies[name]):
        definitions = [module.facts.definitions[member] for member in members]
        if not members or any(
            (module.name, item.name) in rebuilt or members_to_run(module, item, purity)
            for item in definitions
        ):
            execute.append(place)
        else:
            carry += [item.name.rpartition(".")[2] for item in definitions if not item.is_effect]
    executed = {member for place in execute for member in module.facts.bodies[name][place]}
    carry = [item for item in dict.fromkeys(carry) if f"{name}.{item}" not in executed]
    carry += [item for item in sorted(added) if f"{name}.{item}" not in module.facts.definitions]
    return ClassSwap(tuple(execute), tuple(_mangled(name, item) for item in carry))


def _mangled(owner: str, name: str) -> str:
    """How the class keeps a name: private ones begin with the class's own."""
    private = name.startswith("__") and not name.endswith("__")
    return f"_{owner.lstrip('_')}{name}" if private else name


def _added_attributes(old: Program, owner: str) -> frozenset[str]:
    """The attributes that code gives to a class while it runs: `Model.table = ...`."""
    found: set[str] = set()
    telling = {owner, "__class__", "classmethod"}
    for module in old.modules.values():
        if telling.isdisjoint(module.facts.words):
            continue
        for definition in module.facts.definitions.values():
            of_class = any(("classmethod",) in scan.decorators for scan in definition.scans)
            for use in definition.uses:
                if use.role is not Role.STORE or len(use.path) < 2:
                    continue
                through = use.path[-2] in (owner, "__class__") or (use.path[0] == SELF and of_class)
                found |= {use.path[-1]} if through else set()
    return frozenset(found)


def members_to_run(module: Module, member: Definition, purity: Purity) -> bool:
    """Whether an unaffected member of a rebuilt class runs again.

    Methods do: their globals are the new module's, their super() the new class. But a decorator
    of which nothing is known may not be told of the method twice.
    """
    needs_cell = any(scan.needs_cell for scan in member.scans)
    if member.kind is not Kind.FUNCTION:
        return member.kind is Kind.COMPOUND and needs_cell
    return needs_cell or purity.decorators_known(module, member)


def _dropped(old: Graph, rebuilt: Set[Key]) -> Iterator[str]:
    for key in old.family.members(old.program):
        definition = old.program.definition(key)
        if definition is not None and key in rebuilt and is_cached_property(definition):
            yield key[1].rpartition(".")[2]


def is_cached_property(definition: Definition) -> bool:
    """Whether a member keeps its value in the instance."""
    return any(
        decorator[-1] == "cached_property"
        for scan in definition.scans
        for decorator in scan.decorators
    )


def _affected(old: Program, rebuilt: Set[Key]) -> dict[str, tuple[str, ...]]:
    """What may not live on in threads, callbacks and containers."""
    found: dict[str, list[str]] = {}
    for module, name in sorted(rebuilt):
        definition = old.definition((module, name))
        if definition is None or definition.kind not in _LIVING or name.endswith(FIELDS):
            continue
        found.setdefault(module, []).append(name)
    return {module: tuple(names) for module, names in found.items()}
