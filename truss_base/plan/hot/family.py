"""The model's class and those of its bases that the Truss defines.

Their one instance changes class in a swap, so each of their methods stands for itself. Of any
other class, instances may exist anywhere: it is one thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import FIELDS, Kind
from truss_base.plan.hot.names import class_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.program import Key, Program

LOADERS = ("__init__", "__new__", "__post_init__", "setup_environment", "load")
"""Members that run before the first request."""


@dataclass(frozen=True, slots=True)
class Family:
    """`classes` begin with the model's; `foreign` are the bases from outside the Truss, by the
    class that names them."""

    classes: tuple[Key, ...]
    foreign: tuple[tuple[Key, Path], ...]

    def __contains__(self, key: Key) -> bool:
        return key in self.classes

    def owns(self, key: Key) -> bool:
        """Whether `key` is a member of one of the classes."""
        owner, dot, _ = key[1].rpartition(".")
        return bool(dot) and (key[0], owner) in self.classes

    def members(self, program: Program) -> Iterator[Key]:
        """Every member of every class."""
        for module, name in self.classes:
            definitions = program.modules[module].facts.definitions
            for member in definitions:
                if member.startswith(f"{name}.") and not member.endswith(FIELDS):
                    yield module, member

    def named(self, program: Program, attribute: str) -> set[Key]:
        """The members called `attribute`; the model's own key for it if there is none."""
        found = {
            (module, f"{name}.{attribute}")
            for module, name in self.classes
            if f"{name}.{attribute}" in program.modules[module].facts.definitions
        }
        if found or not self.classes:
            return found
        module, name = self.classes[0]
        return {(module, f"{name}.{attribute}")}


def family_of(program: Program) -> Family:
    """The family of a program's model; empty when its class is no plain class statement."""
    first = _entry_class(program)
    if first is None:
        return Family((), ())
    classes: list[Key] = []
    foreign: list[tuple[Key, Path]] = []
    pending = [first]
    while pending:
        key = pending.pop(0)
        if key in classes:
            continue
        classes.append(key)
        module = program.modules[key[0]]
        for base in module.facts.definitions[key[1]].scans[0].bases:
            found = class_of(program, module, base)
            if found is not None:
                pending.append(found)
            else:
                foreign.append((key, base))
    return Family(tuple(classes), tuple(foreign))


def _entry_class(program: Program) -> Key | None:
    module = program.modules.get(program.layout.entry_module)
    if module is None:
        return None
    key = class_of(program, module, (program.layout.entry_class,))
    definition = program.definition(key) if key is not None else None
    whole = definition is not None and definition.kind is Kind.CLASS
    return key if whole and definition is not None and len(definition.places) == 1 else None
