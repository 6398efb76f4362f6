"""What a function leaves behind: where it keeps something, and what that is computed from.

Slices are taken without regard to the order of statements, and nested functions count as part of
the one around them: more is suspected than happens, never less.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function
from truss_base.plan.hot.changes import parsed
from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.syntax import KEEPERS, dotted, parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from truss_base.plan.hot.facts import Path

PARAMETER = "<parameter>"
RESULT = "<result>"
"""First parts of the places of what a caller passed in, and of what another function returned."""

FILE = "<file>"
"""The place of what is written to a file."""

_WRITERS = frozenset(
    {"write", "writelines", "write_text", "write_bytes", "dump", "savez", "tofile"}
)

# These hand out what their object holds.
_ACCESSORS = frozenset({"get", "setdefault", "values", "items", "keys", "pop", "popitem"})
_PASSING_ON = frozenset(
    {"iter", "next", "enumerate", "zip", "reversed", "sorted", "list", "tuple", "filter", "map"}
)


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


@lru_cache(maxsize=4096)
def state_of(text: str, *, member: bool) -> State:
    """Examines the source of one definition."""
    statement = parsed(text)
    visitor = _Visitor(statement, member)
    visitor.collect(statement)
    return visitor.state(statement)


@dataclass(slots=True)
class _Names:
    instance: str | None
    parameters: set[str] = field(default_factory=set)
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)

    def is_local(self, name: str) -> bool:
        if name in self.declared:
            return False
        return name in self.parameters or name in self.assigned or name == self.instance


class _Visitor:
    def __init__(self, statement: ast.stmt, member: bool) -> None:
        self._first = statement.lineno
        first = parameters(statement.args)[:1] if isinstance(statement, Function) else []
        self._names = _Names(first[0] if member and first else None)
        self._jumps: list[ast.expr] = []  # conditions of leaving early
        self._tests: dict[int, tuple[ast.expr, ...]] = {}

    # What is bound where

    def collect(self, node: ast.AST, tests: tuple[ast.expr, ...] = ()) -> None:
        self._tests[id(node)] = tests
        self._bind(node)
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            tests = (*tests, node.test)
            if any(isinstance(inner, _JUMPS) for inner in ast.walk(node)):
                self._jumps.append(node.test)
        for child in ast.iter_child_nodes(node):
            self.collect(child, tests)

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Global):
            self._names.declared.update(node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self._names.parameters.update({*parameters(node.args)} - {self._names.instance})
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value:
            self._assign(node.target, node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._assign(node.target, node.iter)
        elif isinstance(node, ast.Try):
            self._bind_handlers(node)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._assign(node.optional_vars, node.context_expr)

    def _bind_handlers(self, node: ast.Try) -> None:
        """An exception is made by its class, or by whatever the body calls."""
        raised = [item for part in node.body for item in ast.walk(part)]
        calls = [item for item in raised if isinstance(item, ast.Call)]
        for handler in node.handlers:
            if handler.name:
                types = [handler.type] if handler.type is not None else []
                self._names.assigned.setdefault(handler.name, []).extend([*types, *calls])

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._names.assigned.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self._assign(item.value if isinstance(item, ast.Starred) else item, value)

    # What is kept, passed, returned

    def state(self, statement: ast.stmt) -> State:
        kept: list[Kept] = []
        passed: list[Passed] = []
        returned: set[Path] = set()
        for node in ast.walk(statement):
            kept += self._kept(node)
            if isinstance(node, ast.Call) and (node.args or node.keywords):
                passed.append(self._passed(node))
            elif isinstance(node, ast.Return) and node.value is not None:
                returned |= self._places(node.value)
        return State(tuple(kept), tuple(passed), frozenset(returned))

    def _kept(self, node: ast.AST) -> Iterator[Kept]:
        for target, values in _targets(node):
            for place in self._target(target):
                yield Kept(place, self._slice(values, node), _line(node) - self._first)

    def _target(self, target: ast.expr) -> set[Path]:
        """The lasting places that an assignment to `target` changes."""
        if isinstance(target, ast.Tuple | ast.List):
            return set().union(*(self._target(item) for item in target.elts))
        if isinstance(target, ast.Starred):
            return self._target(target.value)
        if isinstance(target, ast.Name):
            outside = target.id in self._names.declared or target.id == FILE
            return {(target.id,)} if outside else set()
        if isinstance(target, ast.Attribute):
            path = dotted(target)
            if path is not None and path[0] == self._names.instance:
                return {(SELF, path[1])}
            if path is not None and not self._names.is_local(path[0]):
                return {path}
            return self._places(target.value)
        return self._places(target)

    def _passed(self, node: ast.Call) -> Passed:
        path = dotted(node.func)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else (path or ("?",))[-1]
        values = [*node.args, *(item.value for item in node.keywords)]
        places = frozenset().union(*(self._places(value) for value in values))
        return Passed(name, places, self._slice(values, node), node.lineno - self._first)

    # Places: whose object is it?

    def _places(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> set[Path]:
        if isinstance(node, ast.Name):
            return self._places_of_name(node.id, seen)
        if isinstance(node, ast.Attribute):
            path = dotted(node)
            if path is not None and path[0] == self._names.instance:
                return {(SELF, path[1])}
            if path is not None and not self._names.is_local(path[0]):
                return {path}
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Await):
            return self._places(node.value, seen)
        if isinstance(node, ast.Call):
            return self._places_of_call(node, seen)
        parts: list[ast.expr] = []
        if isinstance(node, ast.IfExp):
            parts = [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            parts = node.values
        elif isinstance(node, ast.NamedExpr):
            parts = [node.value]
        return set().union(*(self._places(part, seen) for part in parts))

    def _places_of_name(self, name: str, seen: frozenset[str]) -> set[Path]:
        if name == self._names.instance:
            return {(SELF, "*")}
        if not self._names.is_local(name):
            return {(name,)}
        found: set[Path] = {(PARAMETER,)} if name in self._names.parameters else set()
        if name not in seen:
            for value in self._names.assigned.get(name, ()):
                found |= self._places(value, seen | {name})
        return found

    def _places_of_call(self, node: ast.Call, seen: frozenset[str]) -> set[Path]:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _ACCESSORS:
            return self._places(function.value, seen)
        if isinstance(function, ast.Name) and function.id in _PASSING_ON:
            return set().union(*(self._places(item, seen) for item in node.args))
        name = function.attr if isinstance(function, ast.Attribute) else None
        name = function.id if isinstance(function, ast.Name) else name
        return {(RESULT, name)} if name else set()

    # Slices: what is it computed from?

    def _slice(self, values: Iterable[ast.expr], node: ast.AST) -> Slice:
        pending = [*values, *self._tests.get(id(node), ()), *self._jumps]
        reads: set[Path] = set()
        local: set[str] = set()
        code: list[str] = []
        for part in pending:
            code.append(ast.dump(part))
            for path in _paths(part):
                if path[0] == self._names.instance:
                    reads.add((SELF, *path[1:]))
                elif not self._names.is_local(path[0]):
                    reads.add(path)
                elif path[0] not in local:
                    local.add(path[0])
                    pending.extend(self._names.assigned.get(path[0], ()))
        mixed = bool(local & self._names.parameters)
        return Slice(frozenset(reads), mixed, hash("\n".join(sorted(code))))


_FILLERS = (("setattr",), ("heapq", "heappush"), ("heappush",))
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def _targets(node: ast.AST) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """Each target in a statement, with what decides what is kept there: values and keys."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, [node.value, *_keys(target)]
    elif isinstance(node, ast.AugAssign | ast.AnnAssign) and node.value is not None:
        yield node.target, [node.value, *_keys(node.target)]
    elif isinstance(node, ast.Call):
        values = [*node.args, *(item.value for item in node.keywords)]
        if dotted(node.func) in _FILLERS and len(node.args) > 1:
            yield _item_of(node.args[0]), values[1:]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in KEEPERS and values:
            yield _item_of(node.func.value), values
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _WRITERS and values:
            yield ast.Name(FILE, ast.Store()), values


def _item_of(container: ast.expr) -> ast.expr:
    return ast.Subscript(container, ast.Constant(None), ast.Store())


def _keys(target: ast.expr) -> list[ast.expr]:
    return [target.slice] if isinstance(target, ast.Subscript) else []


def _paths(node: ast.AST) -> Iterator[Path]:
    path = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if path is not None:
        yield path
        return
    for child in ast.iter_child_nodes(node):
        yield from _paths(child)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)
