"""Where the objects live that a function handles: in its instance, in a module, or nowhere."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.syntax import dotted

if TYPE_CHECKING:
    from truss_base.plan.hot.bindings import Bindings
    from truss_base.plan.hot.facts import Path

PARAMETER = "<parameter>"
RESULT = "<result>"
"""First parts of the places of what a caller passed in, and of what another function returned."""

FILE = "<file>"
"""The place of what is written to a file."""

# These hand out what their object holds.
_ACCESSORS = frozenset({"get", "setdefault", "values", "items", "keys", "pop", "popitem"})
_PASSING_ON = frozenset(
    {"iter", "next", "enumerate", "zip", "reversed", "sorted", "list", "tuple", "filter", "map"}
    | {"vars"}
)


@dataclass(frozen=True, slots=True)
class Places:
    """Finds places by the names of one function. (SELF, "cache") is an attribute of the instance,
    ("module", "CACHE") a variable, ("<parameter>",) whatever the caller passed."""

    bindings: Bindings

    def of(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> set[Path]:
        """The places whose object `node` may be, or be an item of; none for a new object.

        `seen` are the names that led here.
        """
        if isinstance(node, ast.Name):
            return self._of_name(node.id, seen)
        if isinstance(node, ast.Attribute):
            path = self.outside(node)
            if path is not None:
                return {path}
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Await):
            return self.of(node.value, seen)
        if isinstance(node, ast.Call):
            return self._of_call(node, seen)
        return set().union(*(self.of(part, seen) for part in _alternatives(node)))

    def outside(self, node: ast.Attribute) -> Path | None:
        """The place that an attribute names, if its object is not a local one."""
        path = dotted(node)
        if path is not None and path[0] == self.bindings.instance:
            return SELF, path[1]
        return path if path is not None and not self.bindings.is_local(path[0]) else None

    def changed_by(self, target: ast.expr) -> set[Path]:
        """The lasting places that an assignment to `target` changes."""
        if isinstance(target, ast.Tuple | ast.List):
            return set().union(*(self.changed_by(item) for item in target.elts))
        if isinstance(target, ast.Starred):
            return self.changed_by(target.value)
        if isinstance(target, ast.Name):
            outside = target.id in self.bindings.declared or target.id == FILE
            return {(target.id,)} if outside else set()
        if isinstance(target, ast.Attribute):
            path = self.outside(target)
            return {path} if path is not None else self.of(target.value)
        return self.of(target)

    def _of_name(self, name: str, seen: frozenset[str]) -> set[Path]:
        if name == self.bindings.instance:
            return {(SELF, "*")}
        if not self.bindings.is_local(name):
            return {(name,)}
        found: set[Path] = {(PARAMETER,)} if name in self.bindings.parameters else set()
        if name not in seen:
            for value in self.bindings.assigned.get(name, ()):
                found |= self.of(value, seen | {name})
        return found

    def _of_call(self, node: ast.Call, seen: frozenset[str]) -> set[Path]:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _ACCESSORS:
            return self.of(function.value, seen)
        if isinstance(function, ast.Name) and function.id in _PASSING_ON:
            return set().union(*(self.of(item, seen) for item in node.args))
        name = function.attr if isinstance(function, ast.Attribute) else None
        name = function.id if isinstance(function, ast.Name) else name
        return {(RESULT, name)} if name else set()


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """The expressions of which `node` is one, or which it holds."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.NamedExpr):
        return [node.value]
    return node.elts if isinstance(node, ast.List | ast.Tuple) else []
