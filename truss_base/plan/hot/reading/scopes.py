"""Scopes: which of the names that code uses are its own, and which come from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Role, Use

if TYPE_CHECKING:
    from truss_base.plan.hot.facts import Import, Path


@dataclass(slots=True)
class Scope:
    """One scope while it is visited. `instance` is the parameter that holds the method's object.

    A class scope hides no name from the functions in it, and neither does the top.
    """

    hides: bool
    eager: bool
    instance: str | None = None
    uses: set[Use] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)  # global or nonlocal
    imports: dict[str, tuple[Import, ...]] = field(default_factory=dict)

    def use(self, path: Path, role: Role, line: int) -> None:
        self.uses.add(Use(path, role, self.eager, line))


@dataclass(slots=True)
class Outside:
    """What is collected about objects of unknown type: locals, results, items."""

    attributes: set[str] = field(default_factory=set)
    method_calls: set[str] = field(default_factory=set)

    def of_local(self, use: Use) -> None:
        """An object in a local name: what is done with it is known by the names alone."""
        self.attributes.update(use.path[1:])
        if use.role is Role.CALL and len(use.path) > 1:
            self.method_calls.add(use.path[-1])


def leave(inner: Scope, outer: Scope, outside: Outside) -> None:
    """Hands what is free in `inner` on to the scope around it."""
    for use in inner.uses:
        root = use.path[0]
        if root == inner.instance:
            outer.uses.add(Use((SELF, *use.path[1:]), use.role, use.eager, use.line))
        elif inner.hides and root in inner.bound and root not in inner.declared:
            if root not in inner.imports:
                outside.of_local(use)
            else:
                outer.uses.add(use)
        else:
            outer.uses.add(use)
    for name, origins in inner.imports.items():
        outer.imports[name] = (*outer.imports.get(name, ()), *origins)
