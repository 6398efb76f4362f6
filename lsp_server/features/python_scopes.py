"""What is told of the names of a Python text, and the scopes by which it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Origin:
    """What a name was bound to: a module, or with `member` what a module has by that name.

    `renamed` where it was bound to another name, by `as`.
    """

    module: str
    member: str | None = None
    renamed: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """A dotted name: its parts, the character at which each begins, and what the first one is."""

    parts: tuple[str, ...]
    starts: tuple[int, ...]
    origins: frozenset[Origin]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a file. `imports` are those that `from` statements name, each with its place;
    `exports` what the names at the top of the file are, `stars` the modules that it takes all of.
    """

    uses: tuple[Use, ...] = ()
    imports: tuple[tuple[Origin, int], ...] = ()
    exports: Mapping[str, frozenset[Origin]] = field(default_factory=dict)
    stars: tuple[str, ...] = ()


@dataclass(slots=True)
class Scope:
    """What is bound in a scope, by name; a name without origins is none of a module.

    `declared` are names of another scope: the top's, or with `nonlocal` that of a function around.
    `stars` are the modules that the top takes everything of.
    """

    parent: Scope | None = None
    kind: Literal["module", "class", "function", "comprehension"] = "module"
    bound: dict[str, set[Origin]] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    @property
    def top(self) -> Scope:
        return self if self.parent is None else self.parent.top

    def binds_at_top(self, name: str) -> bool:
        """Whether a name that is assigned here is one of the module."""
        return self.parent is None or self.declared.get(name) == "global"

    def bind(self, name: str, origin: Origin | None = None) -> None:
        if self.binds_at_top(name) and self.parent is not None:
            self.top.bind(name, origin)
        elif name not in self.declared:
            self.bound.setdefault(name, set()).update([origin] if origin else ())

    def origins(self, name: str) -> Iterable[Origin]:
        """What a name is that is used here."""
        scope: Scope | None = self.top if self.declared.get(name) == "global" else self
        while scope is not None:
            # A class hides no name from the functions in it.
            if name in scope.bound and (scope is self or scope.kind != "class"):
                return scope.bound[name]
            scope = scope.parent
        return [Origin(module, name) for module in self.top.stars]
