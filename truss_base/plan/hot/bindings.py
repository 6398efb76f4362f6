"""What a function binds to its names, and under which conditions."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function
from truss_base.plan.hot.syntax import Tries, children, parameters, walked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_RAISING = (ast.Attribute, ast.Await, ast.BinOp, ast.Call, ast.Subscript)


@dataclass(slots=True)
class Bindings:
    """The names of one function, nested ones included.

    `instance` is the parameter that holds the method's object, `assigned` has every value that a
    local name may have. `tests` are the conditions around each node (by `id`), `jumps` those of
    leaving early, which decide about everything after them.
    """

    instance: str | None
    parameters: set[str] = field(default_factory=set)
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    jumps: list[ast.expr] = field(default_factory=list)
    tests: dict[int, tuple[ast.expr, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, statement: ast.stmt, *, member: bool) -> Bindings:
        """The bindings of a definition."""
        first = parameters(statement.args)[:1] if isinstance(statement, Function) else []
        found = cls(first[0] if member and first else None)
        found.collect(statement)
        found._bind_nested(statement, walked(statement))
        return found

    def is_local(self, name: str) -> bool:
        """Whether a name belongs to the function."""
        if name in self.declared:
            return False
        return name in self.parameters or name in self.assigned or name == self.instance

    def collect(self, node: ast.AST, tests: tuple[ast.expr, ...] = ()) -> bool:
        """Adds what `node` binds, below the conditions `tests`. Whether it may be left early."""
        self.tests[id(node)] = tests
        self._bind(node)
        if isinstance(node, ast.Assert):
            self.jumps.append(node.test)
        conditions = _conditions(node)
        inner = (*tests, *conditions)
        decided = _decided_by_raising(node)
        jumps = isinstance(node, _JUMPS)
        for child in children(node):
            jumps |= self.collect(child, (*inner, *decided.get(id(child), ())))
        if jumps:
            self.jumps.extend(conditions)
        return jumps

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Global):
            self.declared.update(node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self.parameters.update({*parameters(node.args)} - {self.instance})
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value:
            self._assign(node.target, node.value)
        elif isinstance(node, Tries):
            self._bind_handlers(node)
        else:
            self._bind_in_block(node)

    def _bind_in_block(self, node: ast.AST) -> None:
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._assign(node.target, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._assign(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.Match):
            for name in _captured(node):
                self.assigned.setdefault(name, []).append(node.subject)

    def _bind_nested(self, statement: ast.stmt, nodes: Sequence[ast.AST]) -> None:
        """A parameter of a nested function is what that is called with, or handed on beside."""
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        for node in nodes:
            if node is statement or not isinstance(node, (*Function, ast.Lambda)):
                continue
            names = {name for name, values in self.assigned.items() if node in values}
            names |= {node.name} if isinstance(node, Function) else set()
            given = [part for call in calls for part in _given(call, node, names)]
            for name in parameters(node.args):
                self.assigned.setdefault(name, []).extend(given)

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
            for item in target.elts:
                self._assign(item.value if isinstance(item, ast.Starred) else item, value)


def _conditions(node: ast.AST) -> list[ast.expr]:
    """What decides whether, or how often, the parts of `node` run."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return [node.test]
    if isinstance(node, ast.For | ast.AsyncFor):
        return [node.iter]
    if isinstance(node, ast.Match):
        return [node.subject, *(case.guard for case in node.cases if case.guard is not None)]
    if isinstance(node, ast.BoolOp):
        return node.values[:-1]
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return [part for each in node.generators for part in (each.iter, *each.ifs)]
    return []


def _decided_by_raising(node: ast.AST) -> dict[int, list[ast.expr]]:
    """What decides whether the handlers of a `try`, and its `else`, run: by their `id`."""
    if not isinstance(node, Tries):
        return {}
    body = [item for part in node.body for item in walked(part)]
    raising: list[ast.expr] = [item for item in body if isinstance(item, _RAISING)]
    raising += [item.exc for item in body if isinstance(item, ast.Raise) and item.exc is not None]
    types = [handler.type for handler in node.handlers if handler.type is not None]
    return {id(part): [*raising, *types] for part in (*node.handlers, *node.orelse)}


def _captured(node: ast.Match) -> Iterator[str]:
    for case in node.cases:
        for part in walked(case.pattern):
            name = part.rest if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
            if name is not None:
                yield name


def _given(call: ast.Call, function: ast.AST, names: set[str]) -> list[ast.expr]:
    """The arguments of a call of a function, known by `names`, or of one that it is handed to."""
    arguments = [*call.args, *(item.value for item in call.keywords)]
    concerned = (
        part is function or (isinstance(part, ast.Name) and part.id in names)
        for part in (call.func, *arguments)
    )
    return arguments if any(concerned) else []
