"""Scans statements: what they refer to, by scope."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Role, Scan
from truss_base.plan.hot.reading.calls import CallScanner
from truss_base.plan.hot.reading.scopes import Scope, leave
from truss_base.plan.hot.syntax import Decorated, callee, dotted, import_target, keyword, parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATIC = (("staticmethod",),)


def scan(statement: ast.stmt, first_line: int, *, member: bool, lazy_annotations: bool) -> Scan:
    """What a statement of a module, or of a class (`member`), refers to."""
    scanner = Scanner(first_line, member, lazy_annotations)
    scanner.visit(statement)
    return scanner.result(statement)


def _class_arguments(statement: ast.stmt) -> tuple[list[ast.expr], list[ast.keyword]]:
    if isinstance(statement, ast.ClassDef):
        return statement.bases, statement.keywords
    return [], []


class Scanner(CallScanner):
    """Opens and leaves scopes; its result is the scan of the statement that was visited."""

    def result(self, statement: ast.stmt) -> Scan:
        top = self._scopes[0]
        writing = (Role.STORE, Role.MUTATE)
        decorators = statement.decorator_list if isinstance(statement, Decorated) else []
        bases, keywords = _class_arguments(statement)
        return Scan(
            uses=frozenset(top.uses),
            imports=top.imports,
            attributes=frozenset(self._outside.attributes),
            method_calls=frozenset(self._outside.method_calls),
            decorators=tuple(callee(node) for node in decorators),
            bases=tuple(callee(node) for node in bases),
            keywords=tuple(keyword(node) for node in keywords),
            needs_cell=self._needs_cell,
            stores=tuple(
                use
                for use in top.uses
                if use.role in writing and not use.eager and use.path[0] != SELF
            ),
            nested_stores=frozenset(self._nested_stores),
            anonymous_calls=tuple(self._anonymous),
        )

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


Scanner.handlers = {
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
