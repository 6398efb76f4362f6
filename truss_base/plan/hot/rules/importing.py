"""What runs when a module is imported ran once already, before `load`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot import known
from truss_base.plan.hot.case import Refusal
from truss_base.plan.hot.changes import ORDER
from truss_base.plan.hot.facts import SELF, STAR, Kind, Role
from truss_base.plan.hot.names import resolve
from truss_base.plan.hot.purity import Purity
from truss_base.plan.hot.registries import may_register_again
from truss_base.plan.hot.syntax import MUTATORS
from truss_base.plan.hot.wording import called, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.case import Case
    from truss_base.plan.hot.facts import Definition, Import, Use
    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key, Module

_UNFIT = frozenset({Kind.VARIABLE, Kind.COMPOUND, Kind.EFFECT})


def effects(case: Case) -> Iterator[Refusal]:
    """Statements that bind nothing: what they did cannot be undone, nor done again."""
    for graph in case.graphs:
        for key in case.affected.through:
            definition = graph.program.definition(key)
            if definition is None or definition.kind is not Kind.EFFECT:
                continue
            if not _only_completes(case, graph, graph.program.modules[key[0]], definition):
                where = place(graph.program, key)
                yield Refusal(key, f"a statement of the module runs when it is imported{where}")


def _only_completes(case: Case, graph: Graph, module: Module, definition: Definition) -> bool:
    """Whether a statement only gives attributes to functions and classes that are made anew."""
    owners = {use.path[:-1] for use in definition.uses if use.role in (Role.STORE, Role.MUTATE)}
    if not owners or () in owners:
        return False
    found = [resolve(graph.program, module, owner, whole=False) for owner in owners]
    return all(any(_is_made_anew(case, key) for key in keys) for keys in found)


def _is_made_anew(case: Case, key: Key) -> bool:
    definition = case.executed.get(key)
    if definition is None or key not in case.affected:
        return False
    return definition.kind in (Kind.FUNCTION, Kind.CLASS) and key not in case.new.family


def calls(case: Case) -> Iterator[Refusal]:
    """Definitions that call something of which nobody knows what a second call does."""
    for key, definition in case.executed.items():
        module = case.new.program.modules[key[0]]
        eager = [use for use in definition.uses if use.eager and use.role is Role.CALL]
        for use in sorted(eager, key=lambda use: use.line):
            if _is_unknown_call(case, module, definition, use):
                where = place(case.new.program, key, use.line)
                text = (
                    f"`{_text(use)}()` would be called a second time, with what effect is unknown"
                )
                yield Refusal(key, text + where)
                break
        else:
            yield from _unnamed_calls(case, key, definition)


def _is_unknown_call(case: Case, module: Module, definition: Definition, use: Use) -> bool:
    if use.path[0] == SELF:
        return False
    if use.path[-1] in MUTATORS and (module.name, use.path[0]) in case.executed:
        return False
    if any(use.path in (*scan.decorators, *scan.bases) for scan in definition.scans):
        return False
    sibling = f"{definition.owner}.{use.path[0]}"
    if definition.owner and sibling in module.facts.definitions:
        return use.path[-1] not in known.PURE_METHODS
    return not case.purity.may_call(module, use.path)


def _unnamed_calls(case: Case, key: Key, definition: Definition) -> Iterator[Refusal]:
    for scan in definition.scans:
        methods = scan.method_calls if definition.kind in _UNFIT else frozenset()
        if scan.anonymous_calls or methods - known.PURE_METHODS:
            where = place(case.new.program, key, *scan.anonymous_calls[:1])
            yield Refusal(key, f"{called(key)} would be computed a second time{where}")


def _text(use: Use) -> str:
    return ".".join(use.path)


def decorators(case: Case) -> Iterator[Refusal]:
    """A decorator of which nothing is known may have kept the old function."""
    for key, definition in case.executed.items():
        yield from _unknown_decorators(case, case.new, case.purity, key, definition)
    old = Purity(case.old.program)
    for key in case.affected.through:
        found = case.old.program.definition(key)
        if found is not None and key not in case.executed:
            yield from _unknown_decorators(case, case.old, old, key, found)


def _unknown_decorators(
    case: Case, graph: Graph, purity: Purity, key: Key, definition: Definition
) -> Iterator[Refusal]:
    module = graph.program.modules[key[0]]
    for scan in definition.scans:
        for path in scan.decorators:
            known_well = purity.may_decorate(module, path)
            if not known_well and not may_register_again(case, graph.program, module, path):
                where = place(graph.program, key)
                yield Refusal(key, f"`@{'.'.join(path)}` may have kept {called(key)}{where}")


def reads(case: Case) -> Iterator[Refusal]:
    """What is executed now sees what `load` and requests have made of a variable since."""
    for key, definition in case.executed.items():
        module = case.new.program.modules[key[0]]
        for scan in definition.scans:
            for use in scan.uses:
                if not use.eager or use.role is Role.STORE:
                    continue
                for read in resolve(case.new.program, module, use.path, whole=False):
                    if read != key and read in case.rebound and read not in case.executed:
                        where = place(case.new.program, key, use.line)
                        text = f"{called(key)} is made from {called(read)}, which has changed since"
                        yield Refusal(key, text + where)
                if _reads_environment(use) and _changes_environment(case):
                    where = place(case.new.program, key, use.line)
                    yield Refusal(key, f"the environment it reads was changed by the code{where}")


def writes(case: Case) -> Iterator[Refusal]:
    """What is executed may not change what requests are using, nor other packages."""
    for key, definition in case.executed.items():
        module = case.new.program.modules[key[0]]
        if key[0] not in case.old.program.modules:
            continue
        for use in definition.uses:
            if not use.eager or use.role not in (Role.STORE, Role.MUTATE) or use.path[0] == SELF:
                continue
            found = resolve(case.new.program, module, use.path, whole=False)
            if not any(item in case.executed and not _is_import(case, item) for item in found):
                where = place(case.new.program, key, use.line)
                yield Refusal(key, f"it changes `{_text(use)}` when it is imported{where}")


def _is_import(case: Case, key: Key) -> bool:
    definition = case.new.program.definition(key)
    return definition is not None and definition.kind is Kind.IMPORT


def _reads_environment(use: Use) -> bool:
    return use.path[:2] in (("os", "environ"), ("os", "getenv")) or use.path[0] == "environ"


def _changes_environment(case: Case) -> bool:
    for module in case.old.program.modules.values():
        if module.facts.words.isdisjoint({"environ", "putenv", "load_dotenv"}):
            continue
        for definition in module.facts.definitions.values():
            for use in definition.uses:
                writes = use.role in (Role.STORE, Role.MUTATE)
                if (writes and _reads_environment(use)) or use.path[-1] in (
                    "putenv",
                    "load_dotenv",
                ):
                    return True
    return False


def order(case: Case) -> Iterator[Refusal]:
    """A name that is read while a module is imported has to be bound above."""
    for key, definition in case.executed.items():
        module = case.new.program.modules[key[0]]
        if definition.owner or not definition.places:
            continue
        for use in definition.uses:
            bound = module.facts.definitions.get(use.path[0])
            if not use.eager or bound is None or bound is definition or not bound.places:
                continue
            carried = (key[0], bound.name) not in case.executed
            below = bound.places[0] > definition.places[-1]
            if below or (carried and len(bound.places) > 1):
                where = place(case.new.program, key, use.line)
                yield Refusal(key, f"`{use.path[0]}` is bound below or more than once{where}")


def first_imports(case: Case) -> Iterator[Refusal]:
    """An import may change other packages, and `load` has used those already."""
    added = _packages(case.new) - _packages(case.old)
    loud = {name for name in added if not known.may_be_imported(name)}
    for name, key in _importers(case.new) if loud else ():
        if name in loud and not case.new.program.has(name):
            where = place(case.new.program, key)
            yield Refusal(key, f"`{name}` is imported for the first time{where}")


def shadowing(case: Case) -> Iterator[Refusal]:
    """A new module of a name that was imported before: who has the other one keeps it."""
    for name in sorted({*case.new.program.modules} - {*case.old.program.modules}):
        top = name.partition(".")[0]
        if not case.old.program.has(top) and top in _packages(case.old):
            path = case.new.program.modules[name].path
            yield Refusal((name, ""), f"{path} takes the place of another `{top}`")


def _packages(graph: Graph) -> set[str]:
    """The first parts of the names of all modules that are imported."""
    modules = graph.program.modules.values()
    return {_package(module, target) for module in modules for target in module.facts.imports}


def _importers(graph: Graph) -> Iterator[tuple[str, Key]]:
    """The same, each with a definition that imports it."""
    for module in graph.program.modules.values():
        for definition in module.facts.definitions.values():
            for scan in definition.scans:
                for targets in scan.imports.values():
                    for target in targets:
                        yield _package(module, target), (module.name, definition.name)


def _package(module: Module, target: Import) -> str:
    full = module.absolute(target) if target.name else target.loads
    return full.partition(".")[0]


def namespaces(case: Case) -> Iterator[Refusal]:
    """Modules whose names are not all written down."""
    for name in sorted(case.fresh):
        module = case.new.program.modules[name]
        key = next((key for key in sorted(case.affected.through) if key[0] == name), (name, ""))
        if not _stars_are_known(case, module):
            yield Refusal(key, f"{module.path} imports everything from another module (`*`)")
        if "__getattr__" in module.facts.definitions:
            yield Refusal(key, f"{module.path} computes its names (`__getattr__`)")


def _stars_are_known(case: Case, module: Module) -> bool:
    """Whether what `*` brings is known, and binds nothing that the module defines itself."""
    for star in module.facts.stars:
        source = case.new.program.modules.get(module.absolute(star))
        if source is None or source.facts.stars or len(module.facts.stars) > 1:
            return False
        if source.facts.definitions.keys() & module.facts.definitions.keys() - {STAR}:
            return False
    return True


def two_names(case: Case) -> Iterator[Refusal]:
    """A file that is imported under two names is two modules."""
    for graph in case.graphs:
        paths: dict[str, str] = {}
        for module in graph.program.modules.values():
            other = paths.setdefault(module.path, module.name)
            if other != module.name and case.changed:
                text = f"{module.path} is imported as `{other}` and as `{module.name}`"
                yield Refusal(min(case.changed), text)


def rearranged(case: Case) -> Iterator[Refusal]:
    """The order in which a module binds its names, where somebody may see it."""
    for key in sorted(case.changed):
        if key[1] == ORDER:
            path = case.new.program.modules[key[0]].path
            yield Refusal(key, f"the order of what {path} defines may be seen")
