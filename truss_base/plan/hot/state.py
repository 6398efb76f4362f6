"""What a function leaves behind: where it keeps something, and what that is computed from.

Slices are taken without regard to the order of statements, and nested functions count as part of
the one around them: more is suspected than happens, never less.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.plan.hot.bindings import Bindings
from truss_base.plan.hot.changes import parsed
from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.places import FILE, Places
from truss_base.plan.hot.syntax import FILLERS, KEEPERS, WRITERS, children, dotted, walked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from truss_base.plan.hot.facts import Path

    _Target = tuple[ast.expr, list[ast.expr]]


@dataclass(frozen=True, slots=True)
class Slice:
    """What a value is computed from: names from outside, perhaps parameters, and its code's
    hash."""

    reads: frozenset[Path]
    from_parameters: bool
    code: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that outlives the call, in `place`: (SELF, "cache"), ("module", "CACHE"), ..."""

    place: Path
    value: Slice
    line: int


@dataclass(frozen=True, slots=True)
class Passed:
    """Values passed to something called `name`; `places` are where the arguments live."""

    name: str
    places: frozenset[Path]
    value: Slice
    line: int


@dataclass(frozen=True, slots=True)
class State:
    """All that one function leaves behind, passes on and hands out."""

    kept: tuple[Kept, ...]
    passed: tuple[Passed, ...]
    returned: frozenset[Path]


@lru_cache(maxsize=1024)
def state_of(text: str, *, member: bool) -> State:
    """Examines the source of one definition."""
    statement = parsed(text)
    return _Visitor(Bindings.of(statement, member=member), statement.lineno).state(statement)


class _Visitor:
    def __init__(self, bindings: Bindings, first_line: int) -> None:
        self._first = first_line
        self._bindings = bindings
        self._places = Places(bindings)
        self._digests: dict[int, int] = {}  # by `id`: most slices share most of their parts

    def state(self, statement: ast.stmt) -> State:
        kept: list[Kept] = []
        passed: list[Passed] = []
        returned: set[Path] = set()
        nodes = walked(statement)
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        used = _used_up(nodes)
        for node in nodes:
            kept += self._kept(node, _targets(node))
            if id(node) not in used:
                kept += self._kept(node, _handed_out(node, self._bindings.instance, calls))
            if isinstance(node, ast.Call) and (node.args or node.keywords):
                passed.extend(self._passed(node))
            elif isinstance(node, ast.Return) and node.value is not None:
                returned |= self._places.of(node.value)
        return State(tuple(kept), tuple(passed), frozenset(returned))

    def _kept(self, node: ast.AST, targets: Iterable[_Target]) -> Iterator[Kept]:
        for target, values in targets:
            for place in self._places.changed_by(target):
                yield Kept(place, self._slice(values, node), _line(node) - self._first)

    def _passed(self, node: ast.Call) -> Iterator[Passed]:
        path = dotted(node.func)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else (path or ("?",))[-1]
        values = [*node.args, *(item.value for item in node.keywords)]
        value, line = self._slice(values, node), node.lineno - self._first
        yield Passed(name, self._places_of(values), value, line)
        for item in values:  # may be a function, which is called with what stands beside it
            if (outside := self._outside_name(item)) is not None:
                others = [other for other in values if other is not item]
                yield Passed(outside, self._places_of(others), value, line)

    def _places_of(self, values: Iterable[ast.expr]) -> frozenset[Path]:
        return frozenset().union(*(self._places.of(value) for value in values))

    def _outside_name(self, node: ast.expr) -> str | None:
        path = dotted(node)
        if path is None or path == (self._bindings.instance,):
            return None
        local = path[0] != self._bindings.instance and self._bindings.is_local(path[0])
        return None if local else path[-1]

    def _slice(self, values: Iterable[ast.expr], node: ast.AST) -> Slice:
        pending = [*values, *self._bindings.tests.get(id(node), ()), *self._bindings.jumps]
        seen: set[int] = set()
        reads: set[Path] = set()
        local: set[str] = set()
        code: list[int] = []
        for part in pending:
            if id(part) in seen:
                continue
            seen.add(id(part))
            pending.extend(self._bindings.tests.get(id(part), ()))
            code.append(self._digest(part))
            for path in _paths(part):
                if path[0] == self._bindings.instance:
                    reads.add((SELF, *path[1:]))
                elif not self._bindings.is_local(path[0]):
                    reads.add(path)
                elif path[0] not in local:
                    local.add(path[0])
                    pending.extend(self._bindings.assigned.get(path[0], ()))
        mixed = bool(local & self._bindings.parameters)
        return Slice(frozenset(reads), mixed, hash(tuple(sorted(code))))

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


def _targets(node: ast.AST) -> Iterator[_Target]:
    """Each target in a statement, with what decides what is kept there: values and keys."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, [node.value, *_keys(target)]
    elif isinstance(node, ast.AugAssign | ast.AnnAssign) and node.value is not None:
        yield node.target, [node.value, *_keys(node.target)]
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, [node.iter]
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, [node.context_expr]
    elif isinstance(node, ast.NamedExpr):
        yield node.target, [node.value]
    elif isinstance(node, ast.Call):
        yield from _filled(node)


def _filled(call: ast.Call) -> Iterator[_Target]:
    """As `_targets`, of what a call changes."""
    values = [*call.args, *(item.value for item in call.keywords)]
    if dotted(call.func) in FILLERS and len(call.args) > 1:
        yield _item_of(call.args[0]), values[1:]
    elif isinstance(call.func, ast.Attribute) and call.func.attr in KEEPERS and values:
        yield _item_of(call.func.value), values
    elif isinstance(call.func, ast.Attribute) and call.func.attr in WRITERS and values:
        yield ast.Name(FILE, ast.Store()), values


def _handed_out(
    node: ast.AST, instance: str | None, calls: Sequence[ast.expr]
) -> Iterator[_Target]:
    """As `_targets`, of a method that is taken as a value: any of the `calls` may be its own, or
    make what it is given."""
    owner, name = _method(node)
    if owner is None or (isinstance(owner, ast.Name) and owner.id in (instance, "operator")):
        return  # the model's own method, a plain attribute like `self.cache`, or `operator.add`
    if name in KEEPERS or name is None:
        yield _item_of(owner), [*calls]
    elif name in WRITERS:
        yield ast.Name(FILE, ast.Store()), [*calls]


def _used_up(nodes: Sequence[ast.AST]) -> set[int]:
    """The attributes that are called, or of which something is taken, at once: by `id`."""
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    owners = [node.value for node in nodes if isinstance(node, ast.Attribute | ast.Subscript)]
    return {id(node) for node in (*functions, *owners) if isinstance(node, ast.Attribute)}


def _method(node: ast.AST) -> tuple[ast.expr | None, object]:
    """The object and the name of an attribute that is read, with `getattr` perhaps."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        return node.value, node.attr
    if isinstance(node, ast.Call) and dotted(node.func) == ("getattr",) and len(node.args) > 1:
        name = node.args[1]
        return node.args[0], name.value if isinstance(name, ast.Constant) else None  # unknown
    return None, None


def _item_of(container: ast.expr) -> ast.expr:
    return ast.Subscript(container, ast.Constant(None), ast.Store())


def _keys(target: ast.expr) -> list[ast.expr]:
    return [target.slice] if isinstance(target, ast.Subscript) else []


def _paths(node: ast.AST) -> Iterator[Path]:
    path = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if path is not None:
        yield path
        return
    for child in children(node):
        yield from _paths(child)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)
