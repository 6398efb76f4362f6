"""What a value is computed from.

Slices are taken without regard to the order of statements, and nested functions count as part of
the one around them: more is suspected than happens, never less.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.syntax import children, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.bindings import Bindings


@dataclass(frozen=True, slots=True)
class Slice:
    """What a value is computed from: names from outside, perhaps parameters, and its code's
    hash."""

    reads: frozenset[Path]
    from_parameters: bool
    code: int


@dataclass(frozen=True, slots=True)
class Slices:
    """Takes slices of one function."""

    bindings: Bindings
    # By `id`: most slices share most of their parts.
    _known: dict[tuple[int, ...], Slice] = field(default_factory=dict)
    _named: dict[int, tuple[Path, ...]] = field(default_factory=dict)
    _digests: dict[int, int] = field(default_factory=dict)

    def of(self, values: Iterable[ast.AST], node: ast.AST) -> Slice:
        """The slice of `values`, and of what decides whether `node` runs."""
        parts = [*values, *self.bindings.tests.get(id(node), ()), *self.bindings.jumps]
        key = tuple(map(id, parts))
        if key not in self._known:
            self._known[key] = self._slice(parts)
        return self._known[key]

    def _slice(self, parts: list[ast.AST]) -> Slice:
        reads: set[Path] = set()
        local: set[str] = set()
        code = [self._digest(part) for part in self._parts(parts, reads, local)]
        mixed = bool(local & self.bindings.parameters)
        return Slice(frozenset(reads), mixed, hash(tuple(sorted(code))))

    def parts(self, values: Iterable[ast.AST]) -> list[ast.AST]:
        """Everything that `values` are computed from."""
        return list(self._parts([*values], set(), set()))

    def _parts(
        self, pending: list[ast.AST], reads: set[Path], local: set[str]
    ) -> Iterator[ast.AST]:
        bindings = self.bindings
        seen: set[int] = set()
        for part in pending:
            if id(part) in seen:
                continue
            seen.add(id(part))
            pending.extend(bindings.tests.get(id(part), ()))
            yield part
            for path in self._paths(part):
                if path[0] == bindings.instance:
                    reads.add((SELF, *path[1:]))
                elif not bindings.is_local(path[0]):
                    reads.add(path)
                elif path[0] not in local:
                    local.add(path[0])
                    pending.extend(bindings.assigned.get(path[0], ()))
                    pending.extend(bindings.filled.get(path[0], ()))

    def _paths(self, node: ast.AST) -> tuple[Path, ...]:
        """The names that stand in a piece of code."""
        if id(node) not in self._named:
            self._named[id(node)] = tuple(dict.fromkeys(_paths(node)))
        return self._named[id(node)]

    def _digest(self, node: object) -> int:
        """A hash of code, wherever it stands."""
        if isinstance(node, list):
            return hash(tuple(map(self._digest, node)))
        if not isinstance(node, ast.AST):
            return hash(repr(node))
        if id(node) not in self._digests:
            parts = (self._digest(getattr(node, name, None)) for name in node._fields)
            self._digests[id(node)] = hash((type(node).__name__, *parts))
        return self._digests[id(node)]


def _paths(node: ast.AST) -> Iterator[Path]:
    path = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if path is not None:
        yield path
        return
    for child in children(node):
        yield from _paths(child)
