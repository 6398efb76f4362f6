"""What each definition of a program needs, as edges between keys."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Kind, Role
from truss_base.plan.hot.family import LOADERS, Family, family_of
from truss_base.plan.hot.names import ALL, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from truss_base.plan.hot.facts import Definition, Path, Scan
    from truss_base.plan.hot.program import Key, Module, Program

ANYTHING: Key = ("*", "*")
"""What code needs that looks names up at run time."""

DYNAMIC = frozenset(
    {
        ("eval",),
        ("exec",),
        ("globals",),
        ("__import__",),
        ("sys", "modules"),
        ("sys", "_getframe"),
        ("inspect", "currentframe"),
        ("inspect", "stack"),
        ("gc", "get_objects"),
        ("gc", "get_referrers"),
        ("importlib", "import_module"),
        ("import_module",),
        ("importlib", "reload"),
    }
)
_GRAPHS = 3  # the running version's, the new one's, and that of what is being typed
DYNAMIC_ATTRIBUTES = frozenset({"__subclasses__", "__globals__", "__code__"})


@dataclass(frozen=True)
class ModuleNeeds:
    """The needs of the definitions of one module."""

    definitions: Mapping[str, Definition]
    needs: Mapping[Key, frozenset[Key]]

    @cached_property
    def users(self) -> Mapping[Key, list[Key]]:
        """The edges the other way round."""
        found: dict[Key, list[Key]] = {}
        for key, needs in self.needs.items():
            for need in needs:
                found.setdefault(need, []).append(key)
        return found


_UNKNOWN = ModuleNeeds({}, {})


@dataclass(frozen=True)
class Graph:
    """The needs of every definition of `program`, together and by module."""

    program: Program
    family: Family
    needs: Mapping[Key, frozenset[Key]]
    modules: tuple[ModuleNeeds, ...]

    def users(self, key: Key) -> Iterator[Key]:
        """Who needs a definition."""
        for module in self.modules:
            yield from module.users.get(key, ())

    @cached_property
    def loading(self) -> Mapping[Key, Key | None]:
        """Everything that runs or is reachable before the first request."""
        members = self.family.members(self.program)
        loaders = (key for key in members if key[1].rpartition(".")[2] in LOADERS)
        return self.reach([*self.family.classes, *loaders])

    def reach(self, roots: Iterable[Key]) -> dict[Key, Key | None]:
        """Everything that `roots` need, directly or not, each with who needs it."""
        found: dict[Key, Key | None] = dict.fromkeys(roots)
        pending = list(found)
        for key in pending:
            for need in self.needs.get(key, ()):
                if need not in found:
                    found[need] = key
                    pending.append(need)
        return found


class Edges:
    """Needs found before. They hold as long as every module offers the same names: then only a
    definition that refers to something else has to be looked at again."""

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._known: dict[int, dict[str, ModuleNeeds]] = {}
        self._graphs: deque[Graph] = deque(maxlen=_GRAPHS)

    def graph(self, program: Program) -> Graph:
        """The graph of a program: what one plan leads to, the next one starts from."""
        for graph in self._graphs:
            if graph.program.is_same(program):
                return graph
        self._graphs.append(_graph(program, self.of(program)))
        return self._graphs[-1]

    def of(self, program: Program) -> dict[str, ModuleNeeds]:
        """What is known for programs with these names, to be read and added to."""
        names = frozenset((m.name, m.path, m.facts.interface) for m in program.modules.values())
        known = self._known.pop(hash((names, program.layout)), {})
        while len(self._known) >= self._limit:
            del self._known[next(iter(self._known))]
        self._known[hash((names, program.layout))] = known
        return known


def _graph(program: Program, known: dict[str, ModuleNeeds]) -> Graph:
    family = family_of(program)
    for module in program.modules.values():
        before = known.get(module.name, _UNKNOWN)
        if before.definitions is not module.facts.definitions:
            found = _of_module(program, family, module, before)
            known[module.name] = ModuleNeeds(module.facts.definitions, found)
    modules = tuple(known[name] for name in program.modules)
    needs = {key: found for module in modules for key, found in module.needs.items()}
    return Graph(program, family, needs, modules)


def _of_module(
    program: Program, family: Family, module: Module, known: ModuleNeeds
) -> dict[Key, frozenset[Key]]:
    """The needs of a module's definitions, of which those that refer to the same are `known`."""
    needs: dict[Key, frozenset[Key]] = {}
    for definition in module.facts.definitions.values():
        key = (module.name, definition.name)
        before = known.definitions.get(definition.name)
        if before is not None and definition.scans and before.scans == definition.scans:
            needs[key] = known.needs[key]
        else:
            needs[key] = frozenset(_needs(program, family, module, definition)) - {key}
    needs.update(_wholes(module))
    return needs


def _wholes(module: Module) -> Iterator[tuple[Key, frozenset[Key]]]:
    """What stands for a whole module, and for each class in it."""
    names = module.facts.definitions
    yield (module.name, ALL), frozenset((module.name, name) for name in names)
    for name, definition in names.items():
        if definition.kind is Kind.CLASS and "." not in name:
            members = {(module.name, item) for item in names if item.startswith(f"{name}.")}
            yield (module.name, f"{name}.{ALL}"), frozenset({*members, (module.name, name)})


def _needs(
    program: Program, family: Family, module: Module, definition: Definition
) -> Iterator[Key]:
    key = (module.name, definition.name)
    for scan in definition.scans:
        for path, bare in {(use.path, use.role is Role.TOUCH) for use in scan.uses}:
            if path[0] == SELF:
                yield from _of_instance(program, family, key, path, touch=bare)
                continue
            whole = not bare and not (key in family and path in scan.bases)
            local = scan.imports if definition.kind is not Kind.IMPORT else None
            yield from resolve(program, module, path, local, whole=whole)
            if definition.owner:
                yield from _siblings(module, definition, path)
        if _is_dynamic(scan):
            yield ANYTHING
    if definition.kind is Kind.CLASS and "." not in definition.name and key not in family:
        yield (module.name, f"{definition.name}.{ALL}")
    yield from _bound_together(module, definition)


def _of_instance(
    program: Program, family: Family, key: Key, path: Path, *, touch: bool
) -> Iterator[Key]:
    """What a method needs through `self`, `cls` or `super()`."""
    if not family.owns(key):
        return
    names = path[2:] if len(path) > 2 and path[1] == "__class__" else path[1:]
    if not names or names == ("__class__",):
        if not touch:
            yield from ((module, f"{name}.{ALL}") for module, name in family.classes)
        return
    yield from family.named(program, names[0])


def _siblings(module: Module, definition: Definition, path: Path) -> Iterator[Key]:
    sibling = f"{definition.owner}.{path[0]}"
    if sibling in module.facts.definitions:
        yield module.name, sibling


def _is_dynamic(scan: Scan) -> bool:
    if scan.attributes & DYNAMIC_ATTRIBUTES:
        return True
    return any(use.path[:2] in DYNAMIC or use.path[:1] in DYNAMIC for use in scan.uses)


def _bound_together(module: Module, definition: Definition) -> Iterator[Key]:
    """Names that one statement binds change together; each part of an import stands alone."""
    if definition.kind in (Kind.IMPORT, Kind.FUNCTION, Kind.CLASS, Kind.EFFECT):
        return
    owner = definition.owner
    table = module.facts.bodies.get(owner, ()) if owner else module.facts.statements
    for place in definition.places:
        if 0 <= place < len(table):
            yield from ((module.name, name) for name in table[place])
