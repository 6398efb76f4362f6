"""The keys of a config that a released `truss` declares: its sources read, never run."""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT_CLASS = "TrussConfig"
# Where releases have kept the classes of a config, one after the other.
_MODULES = (
    "truss/truss_config.py",
    "truss/base/truss_config.py",
    "truss/config/trt_llm.py",
    "truss/base/trt_llm_config.py",
)


# Classes around a value: the config has the value itself.
_WRAPPED = ("items", "models", "root")


@dataclass(frozen=True)
class Release:
    """The classes of a release and the names for several of them.

    `bases` has what a class inherits from or a name stands for, `fields` the keys of a class, each
    with the names in its type.
    """

    bases: dict[str, tuple[str, ...]]
    fields: dict[str, dict[str, frozenset[str]]]

    def knows(self, path: tuple[str, ...]) -> bool:
        """Whether a config can have the key at a path, whichever variant of a section has it."""
        holders = frozenset({ROOT_CLASS})
        for step in path:
            found = [inner for name in holders for inner in self._held(name, step)]
            if not found:
                return False
            holders = frozenset().union(*found)
        return True

    def _held(self, name: str, key: str) -> Iterator[frozenset[str]]:
        pending, seen = [name], {name}
        while pending:
            current = pending.pop()
            fields = self.fields.get(current, {})
            if key in fields:
                yield fields[key]
            wrapped = (inner for wrapper in _WRAPPED for inner in fields.get(wrapper, ()))
            further = {*self.bases.get(current, ()), *wrapped} - seen
            seen |= further
            pending.extend(further)


def read_release(wheel: Path) -> Release:
    """The classes in a wheel of `truss`."""
    bases: dict[str, tuple[str, ...]] = {}
    fields: dict[str, dict[str, frozenset[str]]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for module in sorted(set(_MODULES) & set(archive.namelist())):
            for node in ast.walk(ast.parse(archive.read(module))):
                if isinstance(node, ast.ClassDef):
                    bases[node.name] = tuple(_names(*node.bases))
                    fields[node.name] = dict(_declared(node))
                elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    bases.setdefault(node.targets[0].id, tuple(_names(node.value)))
    if ROOT_CLASS not in fields:
        raise ValueError(f"{wheel.name} has no class {ROOT_CLASS} where releases have had it")
    return Release(bases, fields)


def _declared(node: ast.ClassDef) -> Iterator[tuple[str, frozenset[str]]]:
    """The annotated attributes: what a dataclass and a pydantic model take for their fields."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, frozenset(_names(statement.annotation))


def _names(*expressions: ast.expr) -> Iterator[str]:
    """Every name in types, those written as text included."""
    for expression in expressions:
        for node in ast.walk(expression):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                try:
                    yield from _names(ast.parse(node.value, mode="eval").body)
                except SyntaxError:
                    continue
