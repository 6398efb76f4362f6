"""Which definitions differ between two programs."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.plan.definitions import parse, same_code
from truss_base.plan.hot.facts import FIELDS, Kind, Role
from truss_base.plan.hot.learnt import LEARNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.facts import Definition, ModuleFacts
    from truss_base.plan.hot.program import Key, Module, Program

ORDER = "#order"
"""The name of a change that stands for the order of all names in a module."""

_WALKERS = frozenset({"vars", "__dict__", "getmembers", "globals", "dir", "locals"})


def changed_keys(old: Program, new: Program) -> set[Key]:
    """The definitions that were added, removed or changed. Raises SyntaxError for code nested too
    deeply to be compared."""
    changed: set[Key] = set()
    positions = any(m.facts.reads_source for p in (old, new) for m in p.modules.values())
    for name in {*old.modules, *new.modules}:
        before, after = old.modules.get(name), new.modules.get(name)
        if before is None or after is None:
            changed.update(_all(before or after))
        elif before.facts is not after.facts:
            changed.update((name, item) for item in changed_names(before.facts, after.facts))
            if positions:
                changed.update((name, item) for item in moved_names(before.facts, after.facts))
            if _is_rearranged(before, after, new):
                changed.add((name, ORDER))
    return changed


def _all(module: Module | None) -> Iterator[Key]:
    if module is not None:
        yield module.name, ""
        yield from ((module.name, name) for name in module.facts.definitions)


def changed_names(before: ModuleFacts, after: ModuleFacts) -> Iterator[str]:
    """The names whose definitions differ between two sources of one module."""
    future = before.futures ^ after.futures
    for name in {*before.definitions, *after.definitions}:
        old, new = before.definitions.get(name), after.definitions.get(name)
        if old is new and not future:
            continue
        if old is None or new is None or not same(old, new) or not _same_future(future, old, new):
            yield name


def _same_future(future: frozenset[str], old: Definition, new: Definition) -> bool:
    """Whether a definition means the same with other imports from `__future__`."""
    # Annotations that name nothing (None, texts) are read alike.
    return not future or (future == {"annotations"} and old.uses == new.uses)


def moved_names(before: ModuleFacts, after: ModuleFacts) -> Iterator[str]:
    """The functions that stand in other lines, as tracebacks and `inspect` would show."""
    for name, old in before.definitions.items():
        new = after.definitions.get(name)
        if new is not None and old.kind is Kind.FUNCTION and old.line != new.line:
            yield name


def same_module(before: ModuleFacts, after: ModuleFacts) -> bool:
    """Whether two sources of a module do the same, in the same order."""
    return not any(True for _ in changed_names(before, after)) and order(before) == order(after)


def redescribed(before: ModuleFacts, after: ModuleFacts) -> Iterator[tuple[str, bool]]:
    """The classes, and "" for the module, whose docstrings or those of their fields differ; each
    with whether no base class or decorator is given it."""
    for name, text in after.docstrings.items():
        if before.docstrings.get(name, text) != text:
            yield name, not name or is_bare(after.definitions.get(name))


def is_bare(definition: Definition | None) -> bool:
    """Whether a class has no bases, keywords and decorators."""
    scans = definition.scans if definition is not None else ()
    return not any(scan.bases or scan.keywords or scan.decorators for scan in scans)


def order(facts: ModuleFacts) -> list[str]:
    """The names of a module and of its classes in the order in which they are bound."""
    members = [name for body in facts.bodies.values() for names in body for name in names]
    return [name for names in facts.statements for name in names] + members


def _is_rearranged(before: Module, after: Module, program: Program) -> bool:
    """Whether names stand in another order, and somebody may notice."""
    common = before.facts.definitions.keys() & after.facts.definitions.keys()
    old, new = ([name for name in order(m.facts) if name in common] for m in (before, after))
    if old == new:
        return False
    if any(_walks(module) for module in program.modules.values()):
        return True
    calm = {name for name in common if _is_calm(after, name, program)}
    return [name for name in old if name not in calm] != [name for name in new if name not in calm]


def _is_calm(module: Module, name: str, program: Program) -> bool:
    """Whether nothing happens where a name is bound: plain functions, imports of packages."""
    definition = module.facts.definitions[name]
    if definition.kind is Kind.IMPORT:
        targets = [item for scan in definition.scans for item in scan.imports.get(name, ())]
        return not any(program.has(module.absolute(item)) for item in targets)
    if definition.kind is Kind.VARIABLE and definition.owner:
        return _is_calm_field(module, definition)
    return definition.kind is Kind.FUNCTION and not any(use.eager for use in definition.uses)


def _is_calm_field(module: Module, field: Definition) -> bool:
    """Whether a variable of a class calls nothing and needs no other: the order of the class's
    fields is compared by itself."""
    if any(scan.anonymous_calls or scan.method_calls for scan in field.scans):
        return False
    uses = [use for use in field.uses if use.eager]
    siblings = {f"{field.owner}.{use.path[0]}" for use in uses}
    calls = any(use.role is Role.CALL for use in uses)
    return not calls and siblings.isdisjoint(module.facts.definitions)


def _walks(module: Module) -> bool:
    return not _WALKERS.isdisjoint(module.facts.words)


def same(old: Definition, new: Definition) -> bool:
    """Whether two definitions do the same, whatever their comments and docstrings say."""
    if old.texts == new.texts:
        return True
    header = old.kind is Kind.CLASS and not old.owner
    exact = header or old.kind is Kind.IMPORT or old.name.endswith(FIELDS)
    if exact or old.kind is not new.kind or len(old.texts) != len(new.texts):
        return False
    return all(map(_same_code, old.texts, new.texts))


@LEARNT.remembered
def _same_code(old: str, new: str) -> bool:
    return old == new or same_code(statement_tree(old), statement_tree(new))


def parsed(text: str) -> ast.stmt:
    """The statement of a definition's text. Trees are shared: not to be changed."""
    statement = statement_tree(text).body[0]
    return statement.body[0] if text[:1].isspace() and isinstance(statement, ast.If) else statement


@lru_cache(maxsize=16)  # trees are large, and only those of one change are asked for again
def statement_tree(text: str) -> ast.Module:
    """The tree of a definition's text. Trees are shared: not to be changed."""
    # What is indented stands in a block of its own here, its strings as they are.
    return parse((f"if 1:\n{text}" if text[:1].isspace() else text).encode())
