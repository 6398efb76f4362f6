"""What is called, and what calls of built-in functions say about their arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Role
from truss_base.plan.hot.reading.names import NameScanner
from truss_base.plan.hot.syntax import MUTATORS, dotted, given

if TYPE_CHECKING:
    from truss_base.plan.hot.facts import Path

# Calls that look at their first argument and keep nothing of it.
_LOOKING = frozenset(
    {"isinstance", "issubclass", "id", "len", "print", "repr", "str", "bool", "callable"}
)


class CallScanner(NameScanner):
    """Collects what is called."""

    def _call(self, node: ast.Call) -> None:
        function = node.func
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
        self._all(given(node))

    def _unnamed_call(self, function: ast.expr) -> None:
        if isinstance(function, ast.Attribute):
            self._outside.attributes.add(function.attr)
            self._outside.method_calls.add(function.attr)
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
