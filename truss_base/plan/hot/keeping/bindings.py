"""What a function binds to its names, and under which conditions."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function
from truss_base.plan.hot.keeping.conditions import DECIDING, JUMPS, conditions, decided_by_raising
from truss_base.plan.hot.syntax import (
    FILLERS,
    Tries,
    children,
    dotted,
    given,
    parameters,
    walked,
)
from truss_base.plan.hot.verbs import changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Nested = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""What a function may make inside itself that has code of its own."""

CONTAINERS = frozenset({"dict", "list", "set", "bytearray", "defaultdict", "deque", "Counter"})
_NEW = frozenset({"dict", "list", "set", "sorted"})
DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)

# The nodes that bind names, or decide whether others run.
_TELLING = frozenset(
    {
        *(ast.AnnAssign, ast.Assign, ast.AugAssign, ast.NamedExpr, ast.Global, ast.withitem),
        *(*Function, ast.Lambda, ast.Assert, ast.For, ast.AsyncFor, ast.comprehension),
        *(*DECIDING, *JUMPS, *Tries),
    }
)


@dataclass(slots=True)
class Bindings:
    """The names of one function, nested ones included.

    `instance` is the parameter that holds the method's object, `lasting` are those whose default
    outlives a call. `assigned` has every value that a local name may have, nested definitions
    included, or one of which it has an item: these are `walked`, by `id`. `parts` are the names
    that stand for a part of such a value, `filled` has what is put into names. `tests` are the
    conditions around each node (by `id`), `jumps` those of leaving early, which decide about
    everything after them.
    """

    instance: str | None
    parameters: set[str] = field(default_factory=set)
    lasting: set[str] = field(default_factory=set)
    assigned: dict[str, list[ast.AST]] = field(default_factory=dict)
    filled: dict[str, list[ast.AST]] = field(default_factory=dict)
    walked: set[int] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    jumps: list[ast.expr] = field(default_factory=list)
    tests: dict[int, tuple[ast.expr, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, statement: ast.stmt, nodes: Sequence[ast.AST], *, member: bool) -> Bindings:
        """The bindings of a definition; `nodes` are all of its nodes."""
        first = parameters(statement.args)[:1] if isinstance(statement, Function) else []
        found = cls(first[0] if member and first else None)
        found.collect(statement)
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        for node in nodes:
            if node is not statement and isinstance(node, Nested):
                found._bind_nested(node, calls)
        for call in calls:
            found._fill(call)
        return found

    def is_local(self, name: str) -> bool:
        """Whether a name belongs to the function."""
        if name in self.declared:
            return False
        return name in self.parameters or name in self.assigned or name == self.instance

    def is_new(self, node: ast.expr) -> bool:
        """Whether a node names a list or the like that the function has made."""
        if (
            not isinstance(node, ast.Name)
            or node.id in self.parts | self.parameters | self.declared
        ):
            return False
        values = self.assigned.get(node.id, ())
        return bool(values) and all(map(self._makes_new, values))

    def _makes_new(self, value: ast.AST) -> bool:
        if not isinstance(value, ast.Call):
            return isinstance(value, DISPLAYS)
        name = getattr(value.func, "id", "")
        return name in _NEW and not self.is_local(name)

    def collect(self, node: ast.AST, tests: tuple[ast.expr, ...] = ()) -> bool:
        """Adds what `node` binds, below the conditions `tests`. Whether it may be left early."""
        if tests:
            self.tests[id(node)] = tests
        if type(node) not in _TELLING:  # most nodes
            left = [self.collect(child, tests) for child in children(node)]
            return any(left)
        self._bind(node)
        if isinstance(node, ast.Assert):
            self.jumps.append(node.test)
        deciding = conditions(node)
        inner = (*tests, *deciding)
        decided = decided_by_raising(node)
        jumps = isinstance(node, JUMPS)
        for child in children(node):
            jumps |= self.collect(child, (*inner, *decided.get(id(child), ())))
        if jumps:
            self.jumps.extend(deciding)
        return jumps

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Global):
            self.declared.update(node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self._bind_parameters(node.args)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value:
            self._assign(node.target, node.value)
        elif isinstance(node, Tries):
            self._bind_handlers(node)
        else:
            self._bind_in_block(node)

    def _bind_parameters(self, arguments: ast.arguments) -> None:
        self.parameters.update({*parameters(arguments)} - {self.instance})
        self.lasting.update(name for name, _ in _defaults(arguments))

    def _bind_in_block(self, node: ast.AST) -> None:
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._assign(node.target, node.iter)
            self.walked.add(id(node.iter))
            self.parts.update(_names(node.target))
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._assign(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.Match):
            for name in _captured(node):
                self.assigned.setdefault(name, []).append(node.subject)
                self.parts.add(name)

    def _bind_nested(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda,
        calls: Sequence[ast.Call],
    ) -> None:
        """A parameter of a nested function is what that is called with, or handed on beside."""
        if not isinstance(node, ast.Lambda):
            self.assigned.setdefault(node.name, []).append(node)
        if isinstance(node, ast.ClassDef):
            return
        names = {name for name, values in self.assigned.items() if node in values}
        arguments = [part for call in calls for part in _given_to(call, node, names)]
        for name in parameters(node.args):
            self.assigned.setdefault(name, []).extend(arguments)
        for name, default in _defaults(node.args):
            self.assigned.setdefault(name, []).append(default)

    def _bind_handlers(self, node: ast.Try) -> None:
        """An exception is made by its class, or by whatever the body calls."""
        raised = [item for part in node.body for item in walked(part)]
        calls = [item for item in raised if isinstance(item, ast.Call)]
        for handler in node.handlers:
            if handler.name:
                types = [handler.type] if handler.type is not None else []
                self.assigned.setdefault(handler.name, []).extend([*types, *calls])

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.assigned.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            self.parts.update(_names(target))
            for item in target.elts:
                self._assign(item.value if isinstance(item, ast.Starred) else item, value)
        elif isinstance(target, ast.Subscript):
            self._put(target.value, [value, target.slice])
        elif isinstance(target, ast.Attribute):
            self._put(target.value, [value])

    def _put(self, container: ast.expr, values: Iterable[ast.expr]) -> None:
        name = _root(container)
        if name is not None and name != self.instance:
            self.filled.setdefault(name, []).extend(values)

    def _fill(self, call: ast.Call) -> None:
        """What a call puts into objects of the function's own."""
        values = given(call)
        if isinstance(call.func, ast.Attribute) and changes(call.func.attr):
            self._put(call.func.value, values)
        elif dotted(call.func) in FILLERS and call.args:
            self._put(call.args[0], values[1:])
        for value in values:
            if isinstance(value, ast.Name) and self._is_container(value.id):
                self._put(value, [other for other in values if other is not value])

    def _is_container(self, name: str) -> bool:
        """Whether a name holds what whoever is given it may fill."""
        if name in self.parameters:
            return False
        return any(
            isinstance(value, DISPLAYS)
            or (isinstance(value, ast.Call) and (dotted(value.func) or "?")[-1] in CONTAINERS)
            for value in self.assigned.get(name, ())
        )


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """The parameters with a default that may hold something, each with it."""
    positional = [*arguments.posonlyargs, *arguments.args]
    last = positional[len(positional) - len(arguments.defaults) :]
    pairs = [
        *zip(last, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for parameter, default in pairs:
        if default is not None and not isinstance(default, ast.Constant):
            yield parameter.arg, default


def _names(target: ast.expr) -> Iterator[str]:
    return (node.id for node in walked(target) if isinstance(node, ast.Name))


def _root(node: ast.expr) -> str | None:
    """The name whose object `node` belongs to: `out` of `out["a"].rows`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        else:
            return None
    return node.id


def _captured(node: ast.Match) -> Iterator[str]:
    for case in node.cases:
        for part in walked(case.pattern):
            name = part.rest if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
            if name is not None:
                yield name


def _given_to(call: ast.Call, function: ast.AST, names: set[str]) -> list[ast.expr]:
    """The arguments of a call of a function, known by `names`, or of one that it is handed to."""
    arguments = given(call)
    concerned = (
        part is function or (isinstance(part, ast.Name) and part.id in names)
        for part in (call.func, *arguments)
    )
    return arguments if any(concerned) else []
