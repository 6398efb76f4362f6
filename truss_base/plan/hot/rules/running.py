"""What runs beside requests, or finds code by names that are not written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot.case import Refusal
from truss_base.plan.hot.facts import Kind, Role
from truss_base.plan.hot.names import resolve
from truss_base.plan.hot.wording import called, place
from truss_base.plan.observers import reads_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.case import Case
    from truss_base.plan.hot.facts import Definition, Scan, Use
    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key, Module

_OTHER_PROCESSES = frozenset(
    {
        "multiprocessing",
        "ProcessPoolExecutor",
        "joblib",
        "ray",
        "loky",
        "dask",
        "pathos",
        "billiard",
    }
)
_FINDERS = frozenset(
    {"import_module", "__import__", "iter_modules", "walk_packages", "runpy", "reload"}
)
_SEARCH_PATH = (
    ("sys", "path"),
    ("sys", "modules"),
    ("sys", "meta_path"),
    ("sys", "path_hooks"),
    ("site",),
)
_NOTABLE = _OTHER_PROCESSES | _FINDERS | {"sys", "site", "__subclasses__"}
_STARTERS = frozenset(
    {"Timer", "call_later", "call_at", "call_soon", "add_done_callback", "signal"}
    | {"register", "add_signal_handler", "call_soon_threadsafe"}
)
_UNPICKLERS = frozenset({"pickle", "cloudpickle", "dill", "joblib", "shelve", "torch"})


def everywhere(case: Case) -> Iterator[Refusal]:
    """Code that reaches other code in ways that no name in it tells."""
    if not case.changed:
        return
    for graph in case.graphs:
        for key, use in _uses(graph):
            text = _beyond_names(graph.program.modules[key[0]], use)
            if text:
                where = place(graph.program, key, use.line)
                yield Refusal(min(case.changed), f"{called(key)} {text}{where}")


def _uses(graph: Graph) -> Iterator[tuple[Key, Use]]:
    for module in graph.program.modules.values():
        if not _NOTABLE.intersection(module.facts.words):
            continue
        for definition in module.facts.definitions.values():
            for use in sorted(definition.uses, key=lambda use: (use.line, use.path)):
                yield (module.name, definition.name), use


def _beyond_names(module: Module, use: Use) -> str | None:
    if _OTHER_PROCESSES.intersection(use.path):
        return f"may have code in other processes (`{'.'.join(use.path)}`)"
    if "__subclasses__" in use.path:
        return "walks over all classes there are (`__subclasses__`)"
    if use.role is Role.CALL and use.path[-1] in _FINDERS:
        return "imports by a name that is made up at run time"
    if any(use.path[: len(path)] == path for path in _SEARCH_PATH):
        return f"changes where modules are found (`{'.'.join(use.path)}`)"
    return None


def source_seen(case: Case) -> Iterator[Refusal]:
    """What runs before the first request may have read the sources."""
    for graph, reached in case.loading:
        for key in reached if case.changed else ():
            definition = graph.program.definition(key)
            if definition is not None and any(_reads_source(text) for text in definition.texts):
                text = f"{called(key)} may look at the source{place(graph.program, key)}"
                yield Refusal(min(case.changed), text)


def _reads_source(text: str) -> bool:
    return not text.startswith(("import ", "from ")) and reads_source(text.encode())


def set_from_outside(case: Case) -> Iterator[Refusal]:
    """A name that a module does not bind itself would be missing in a new one."""
    for module in case.old.program.modules.values():
        for definition in module.facts.definitions.values():
            for scan in definition.scans:
                for use in scan.stores:
                    yield from _set_by(case, module, definition, scan, use)


def _set_by(
    case: Case, module: Module, definition: Definition, scan: Scan, use: Use
) -> Iterator[Refusal]:
    if use.role is not Role.STORE or len(use.path) < 2:
        return
    for key in resolve(case.old.program, module, use.path, scan.imports, whole=False):
        missing = key[1] == use.path[-1] and case.old.program.definition(key) is None
        if missing and key[0] in case.fresh:
            where = place(case.old.program, (module.name, definition.name), use.line)
            yield Refusal(min(case.changed), f"`{'.'.join(use.path)}` is set from outside{where}")


def background(case: Case) -> Iterator[Refusal]:
    """Timers and callbacks that requests leave behind hold code that does not run yet.

    Threads at work are found by looking at the process.
    """
    for key in case.affected.through:
        definition = case.old.program.definition(key)
        if definition is None or definition.kind is Kind.EFFECT:
            continue
        for use in definition.uses:
            if not use.eager and use.role is Role.CALL and use.path[-1] in _STARTERS:
                where = place(case.old.program, key, use.line)
                text = f"`{use.path[-1]}` in {called(key)} may keep old code running{where}"
                yield Refusal(key, text)


def unpickled(case: Case) -> Iterator[Refusal]:
    """Objects of a class may come from a file that names it."""
    affected = [key for key in case.affected.through if _is_class(case, key)]
    for key in affected:
        for reader in case.loading[0][1]:
            definition = case.old.program.definition(reader)
            for use in definition.uses if definition is not None else ():
                loads = use.role is Role.CALL and use.path[-1] in ("load", "loads", "Unpickler")
                if loads and use.path[0] in _UNPICKLERS:
                    where = place(case.old.program, reader, use.line)
                    yield Refusal(key, f"{called(reader)} may have unpickled {called(key)}{where}")


def _is_class(case: Case, key: Key) -> bool:
    definition = case.old.program.definition(key)
    plain = definition is not None and definition.kind is Kind.CLASS and "." not in key[1]
    return plain and key not in case.old.family
