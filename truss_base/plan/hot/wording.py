"""Names and places as the user knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot.changes import ORDER
from truss_base.plan.hot.facts import FIELDS, SELF, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from truss_base.plan.hot.facts import Definition, Path
    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key, Program


def called(key: Key) -> str:
    """A definition in words."""
    module, name = key
    if not name or name == "*":
        return f"module `{module}`"
    if name.startswith("#"):
        return "module-level code"
    owner, _, last = name.rpartition(".")
    return f"`{owner}`" if last.startswith(("*", "#")) else f"`{name}`"


def shown(path: Path) -> str:
    """A dotted name as it is written."""
    return ".".join("self" if part == SELF else part for part in path)


def place(program: Program, key: Key, offset: int = 0) -> str:
    """Where a definition stands, in brackets."""
    definition = program.definition(key)
    if definition is None:
        return ""
    path = program.modules[key[0]].path
    return f" ({path}, line {definition.line + offset})"


def handed_out(graph: Graph, user: Key, key: Key) -> str | None:
    """The sentence for a function that `user` passes on as a value instead of calling it."""
    definition, target = graph.program.definition(user), graph.program.definition(key)
    if definition is None or target is None or target.kind is not Kind.FUNCTION:
        return None
    name = key[1].rpartition(".")[2]
    for use in sorted(definition.uses, key=lambda use: use.line):
        if use.role is Role.READ and use.path[-1] == name:
            bound = "bound method `self." if use.path[0] == SELF else "`"
            where = place(graph.program, user, use.line)
            return f"{bound}{name}` was handed out by {called(user)}{where}"
    return None


_SHOWN_NAMES = 3


def listed(names: list[str]) -> str:
    """The first few of several changes in words."""
    if len(names) > _SHOWN_NAMES:
        return f"{', '.join(names[:_SHOWN_NAMES])} and {len(names) - _SHOWN_NAMES} more"
    return ", ".join(names)


def verbs(old: Program, new: Program, keys: Iterable[Key]) -> list[str]:
    """What happened to definitions, in the order of the source: "`helper` added"."""
    placed = sorted(keys, key=lambda key: (new.line(key) or old.line(key), key))
    words = [_verb(old, new, key) for key in placed if key[1] and _says(old, new, key)]
    return list(dict.fromkeys(words)) or ["the order of its definitions changed"]


def _says(old: Program, new: Program, key: Key) -> bool:
    """Whether a change is told by its name: not what stands for an order, or for a new base."""
    before, after = old.definition(key), new.definition(key)
    if key[1].endswith((FIELDS, ORDER)) or (before is None and after is None):
        return False
    return before is None or after is None or before.texts != after.texts or _moved(before, after)


def _moved(before: Definition, after: Definition) -> bool:
    return before.line != after.line


def _verb(old: Program, new: Program, key: Key) -> str:
    before, after = old.definition(key), new.definition(key)
    some = after or before
    if some is not None and some.kind is Kind.IMPORT:
        return "the imports changed"
    if before is None or after is None:
        return f"{called(key)} {'removed' if after is None else 'added'}"
    return f"{called(key)} {'moved' if before.texts == after.texts else 'changed'}"
