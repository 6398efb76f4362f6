"""The names that code uses, and what it does with each."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Role
from truss_base.plan.hot.reading.scopes import Outside, Scope
from truss_base.plan.hot.syntax import children, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from truss_base.plan.hot.facts import Path


class NameScanner:
    """Collects the uses of names in the scope that is visited.

    `handlers` names the method for each type of node that means more than its parts.
    """

    handlers: Mapping[type[ast.AST], str] = {}

    def __init__(self, first_line: int, member: bool, lazy_annotations: bool) -> None:
        self._first = first_line
        self._lazy = lazy_annotations
        self._outside = Outside()
        self._scopes = [Scope(hides=False, eager=True)]
        self._member = member  # the next function is a method of the definition's class
        self._needs_cell = False
        self._anonymous: list[int] = []
        self._nested_stores: set[Path] = set()
        self._depth = 0

    @property
    def _scope(self) -> Scope:
        return self._scopes[-1]

    def visit(self, node: ast.AST) -> None:
        handler = self.handlers.get(type(node))
        if handler is None:
            self._children(node)
        else:
            getattr(self, handler)(node)

    def _children(self, node: ast.AST) -> None:
        for child in children(node):
            self.visit(child)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _use(self, path: Path, role: Role, node: ast.expr | ast.stmt) -> None:
        self._scope.use(path, role, node.lineno - self._first)
        if role is Role.STORE and self._depth > 1:
            self._nested_stores.add(path)

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
        if path is None:
            self._outside.attributes.add(node.attr)
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
