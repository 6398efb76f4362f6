"""Scans statements: what they refer to, by scope."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Role, Scan
from truss_base.plan.hot.scopes import Outside, Scope, leave
from truss_base.plan.hot.syntax import (
    FILLERS,
    MUTATORS,
    WRITERS,
    Decorated,
    callee,
    dotted,
    import_target,
    keyword,
    parameters,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from truss_base.plan.hot.facts import Path

# Calls that look at their first argument and keep nothing of it.
_LOOKING = frozenset(
    {"isinstance", "issubclass", "id", "len", "print", "repr", "str", "bool", "callable"}
)
_STATIC = (("staticmethod",),)


def scan(statement: ast.stmt, first_line: int, *, member: bool, lazy_annotations: bool) -> Scan:
    """What a statement of a module, or of a class (`member`), refers to."""
    scanner = _Scanner(first_line, member, lazy_annotations)
    scanner.visit(statement)
    return scanner.result(statement)


def _class_arguments(statement: ast.stmt) -> tuple[list[ast.expr], list[ast.keyword]]:
    if isinstance(statement, ast.ClassDef):
        return statement.bases, statement.keywords
    return [], []


class _Scanner:
    def __init__(self, first_line: int, member: bool, lazy_annotations: bool) -> None:
        self._first = first_line
        self._lazy = lazy_annotations
        self._outside = Outside()
        self._scopes = [Scope(hides=False, eager=True)]
        self._member = member  # the next function is a method of the definition's class
        self._needs_cell = False
        self._called: set[str] = set()
        self._anonymous: list[int] = []
        self._nested_stores: set[Path] = set()
        self._depth = 0

    def result(self, statement: ast.stmt) -> Scan:
        top = self._scopes[0]
        writing = (Role.STORE, Role.MUTATE)
        writes = self._outside.writes or any(use.role in writing for use in top.uses)
        decorators = statement.decorator_list if isinstance(statement, Decorated) else []
        bases, keywords = _class_arguments(statement)
        return Scan(
            uses=frozenset(top.uses),
            imports=top.imports,
            attributes=frozenset(self._outside.attributes),
            method_calls=frozenset(self._outside.method_calls),
            called=frozenset(self._called),
            decorators=tuple(callee(node) for node in decorators),
            bases=tuple(callee(node) for node in bases),
            keywords=tuple(keyword(node) for node in keywords),
            needs_cell=self._needs_cell,
            writes=writes,
            stores=tuple(
                use
                for use in top.uses
                if use.role in writing and not use.eager and use.path[0] != SELF
            ),
            nested_stores=frozenset(self._nested_stores),
            anonymous_calls=tuple(self._anonymous),
        )

    @property
    def _scope(self) -> Scope:
        return self._scopes[-1]

    def visit(self, node: ast.AST) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            self._children(node)
        else:
            getattr(self, handler)(node)

    def _children(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                self.visit(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _use(self, path: Path, role: Role, node: ast.expr | ast.stmt) -> None:
        self._scope.use(path, role, node.lineno - self._first)
        if role is Role.STORE and self._depth > 1:
            self._nested_stores.add(path)

    # Names

    def _name(self, node: ast.Name) -> None:
        if node.id == "__class__":
            self._needs_cell = True
        if isinstance(node.ctx, ast.Load):
            self._use((node.id,), Role.READ, node)
        else:
            self._bind(node.id, node)

    def _bind(self, name: str, node: ast.expr | ast.stmt) -> None:
        self._scope.bound.add(name)
        if name in self._scope.declared:
            self._use((name,), Role.STORE, node)

    def _attribute(self, node: ast.Attribute) -> None:
        path = dotted(node)
        role = Role.READ if isinstance(node.ctx, ast.Load) else Role.STORE
        self._outside.writes |= node.attr in MUTATORS | WRITERS  # handed out, maybe to be called
        if path is None:
            self._outside.attributes.add(node.attr)
            self._outside.writes |= role is Role.STORE
            self.visit(node.value)
            return
        self._outside.attributes.update(path[2:])
        self._path(path, role, node)

    def _path(self, path: Path, role: Role, node: ast.expr | ast.stmt) -> None:
        if path[0] == SELF:
            self._needs_cell = True
        self._use(path, role, node)

    def _subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._outside.writes = True
            path = dotted(node.value)
            if path is not None:
                self._path(path, Role.MUTATE, node)
        self.visit(node.value)
        self.visit(node.slice)

    def _augmented(self, node: ast.AugAssign) -> None:
        target = dotted(node.target)
        if target is not None:
            self._path(target, Role.TOUCH, node)
        self.visit(node.target)
        self.visit(node.value)

    # Calls

    def _call(self, node: ast.Call) -> None:
        function = node.func
        self._outside.writes |= dotted(function) in (*FILLERS, ("getattr",))
        if isinstance(function, ast.Attribute):
            self._called.add(function.attr)
            self._outside.writes |= function.attr in WRITERS
        elif isinstance(function, ast.Name):
            self._called.add(function.id)
        if isinstance(function, ast.Name) and self._builtin(function.id, node):
            return
        path = dotted(function)
        if path is None:
            self._unnamed_call(function)
        else:
            self._path(path, Role.CALL, node)
            self._outside.attributes.update(path[2:])
            if len(path) > 1 and path[-1] in MUTATORS:
                self._path(path[:-1], Role.MUTATE, node)
        self._arguments(node)

    def _arguments(self, node: ast.Call) -> None:
        values = [*node.args, *(item.value for item in node.keywords)]
        self._called.update(path[-1] for path in map(dotted, values) if path)  # by the receiver
        self._all(values)

    def _unnamed_call(self, function: ast.expr) -> None:
        if isinstance(function, ast.Attribute):
            self._outside.attributes.add(function.attr)
            self._outside.method_calls.add(function.attr)
            self._outside.writes |= function.attr in MUTATORS
            self.visit(function.value)
            return
        if self._scope.eager:
            self._anonymous.append(function.lineno - self._first)
        self.visit(function)

    def _builtin(self, name: str, node: ast.Call) -> bool:
        """Calls of built-in functions that say more than that their arguments are used."""
        if name == "super":
            self._needs_cell = True
            return not node.args
        first = dotted(node.args[0]) if node.args else None
        if first is None or first[0] == SELF:
            return False
        if name in ("getattr", "hasattr", "setattr", "delattr") and len(node.args) > 1:
            return self._by_name(name, first, node)
        if name == "vars":
            self._use((*first, "__dict__"), Role.READ, node)
            return True
        if name in _LOOKING:
            self._use((name,), Role.CALL, node)
            self._use(first, Role.TOUCH, node)
            self._all(node.args[1:])
            self._all(item.value for item in node.keywords)
            return True
        return False

    def _by_name(self, name: str, owner: Path, node: ast.Call) -> bool:
        attribute = node.args[1]
        if not isinstance(attribute, ast.Constant) or not isinstance(attribute.value, str):
            if name in ("setattr", "delattr"):
                self._use((*owner, "*"), Role.STORE, node)
            return False
        role = {"getattr": Role.READ, "hasattr": Role.TOUCH}.get(name, Role.STORE)
        self._use((name,), Role.CALL, node)
        self._use((*owner, attribute.value), role, node)
        self._all(node.args[2:])
        return True

    # Scopes

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name, node)
        self._decorators(node)
        self._defaults(node.args)
        arguments = [*node.args.posonlyargs, *node.args.args]
        instance = None
        if self._member and arguments and self._depth == 0:
            static = any(dotted(item) in _STATIC for item in node.decorator_list)
            instance = None if static else arguments[0].arg
        inner = Scope(hides=True, eager=False, instance=instance)
        inner.bound.update(parameters(node.args))
        self._annotations(node)
        self._within(inner, node.body)

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for item in node.decorator_list:
            path = dotted(item)
            if path is None:
                self.visit(item)
            else:
                self._path(path, Role.CALL, item)

    def _lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        names = parameters(node.args)
        method = self._member and self._depth == 0 and bool(names)
        inner = Scope(hides=True, eager=False, instance=names[0] if method else None)
        inner.bound.update(names)
        self._within(inner, [node.body])

    def _within(self, inner: Scope, body: Iterable[ast.AST]) -> None:
        self._scopes.append(inner)
        self._depth += not inner.eager
        self._all(body)
        self._depth -= not inner.eager
        self._scopes.pop()
        leave(inner, self._scope, self._outside)

    def _defaults(self, arguments: ast.arguments) -> None:
        self._all([*arguments.defaults, *arguments.kw_defaults])

    def _annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        annotated = [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]
        self._annotation(*(item.annotation for item in annotated if item), node.returns)

    def _annotation(self, *nodes: ast.expr | None) -> None:
        """Evaluated with the definition, or on demand, when they are kept as text."""
        eager = self._scope.eager
        self._scope.eager = eager and not self._lazy
        self._all(nodes)
        self._scope.eager = eager

    def _annotated(self, node: ast.AnnAssign) -> None:
        if not self._scope.hides:  # those of local variables are never evaluated
            self._annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def _class(self, node: ast.ClassDef) -> None:
        self._bind(node.name, node)
        self._decorators(node)
        self._all(node.bases)
        self._all(item.value for item in node.keywords)
        member, self._member = self._member, False
        self._within(Scope(hides=False, eager=self._scope.eager), node.body)
        self._member = member

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        inner = Scope(hides=True, eager=self._scope.eager)
        parts: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else []
        parts += [node.elt] if not isinstance(node, ast.DictComp) else []
        self._scopes.append(inner)
        for generator in node.generators:
            self._all([generator.target, generator.iter, *generator.ifs])
        self._all(parts)
        self._scopes.pop()
        leave(inner, self._scope, self._outside)

    def _declaration(self, node: ast.Global | ast.Nonlocal) -> None:
        if isinstance(node, ast.Global):
            self._scope.declared.update(node.names)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name, target = import_target(node, alias)
            self._scope.bound.add(name)
            self._scope.imports[name] = (*self._scope.imports.get(name, ()), target)
            self._use((name,), Role.TOUCH, node)

    def _bound_name(self, node: ast.AST) -> None:
        """Exception handlers and patterns bind names that are no expressions."""
        for attribute in ("name", "rest"):
            name = getattr(node, attribute, None)
            if isinstance(name, str):
                self._scope.bound.add(name)
        self._children(node)


_HANDLERS: dict[type[ast.AST], str] = {
    ast.Name: "_name",
    ast.Attribute: "_attribute",
    ast.Subscript: "_subscript",
    ast.AugAssign: "_augmented",
    ast.Call: "_call",
    ast.FunctionDef: "_function",
    ast.AsyncFunctionDef: "_function",
    ast.Lambda: "_lambda",
    ast.AnnAssign: "_annotated",
    ast.ClassDef: "_class",
    ast.ListComp: "_comprehension",
    ast.SetComp: "_comprehension",
    ast.DictComp: "_comprehension",
    ast.GeneratorExp: "_comprehension",
    ast.Global: "_declaration",
    ast.Nonlocal: "_declaration",
    ast.Import: "_import",
    ast.ImportFrom: "_import",
    ast.ExceptHandler: "_bound_name",
    ast.MatchAs: "_bound_name",
    ast.MatchStar: "_bound_name",
    ast.MatchMapping: "_bound_name",
}
