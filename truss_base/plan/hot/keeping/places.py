"""Where the objects live that a function handles: in its instance, in a module, or nowhere."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function
from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.syntax import callee, dotted, given, walked
from truss_base.plan.hot.verbs import ADDING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.bindings import Bindings

PARAMETER = "<parameter>"
RESULT = "<result>"
"""First parts of the places of what a caller passed in, and of what another function returned."""

DEFAULT = "<default>"
"""The place of a parameter's default, which belongs to the function itself."""

HANDED_ON = "<handed on>"
"""Begins a place that only is one if a function returns what it is given: its name and the place
of what it was given follow."""

ALIAS = "<alias>"
"""Begins a place for whose object a name of the function stands. If that is a container, `+=`
changes it; else it makes another one."""

SHARED = "<shared>"
"""First part of the place of something that another function returned a copy of, with its items."""

FILE = "<file>"
"""The place of what is written to a file."""

INSTANCE: Path = (SELF, "*")
"""The whole of the method's own object."""

# Methods that hand out the same memory in another shape; attributes that stand for their object.
_VIEWS = frozenset(
    {"view", "reshape", "ravel", "squeeze", "unsqueeze", "transpose", "permute", "swapaxes"}
    | {"detach", "numpy", "getbuffer", "cast"}
)
_VIEWING = ADDING | {"T", "at", "data", "flat", "iat", "iloc", "loc", "real"}
# These hand out what their object holds.
_ACCESSORS = _VIEWS | (
    {"get", "setdefault", "values", "items", "keys", "pop", "popitem", "__getitem__"}
    | {"find", "getChild", "getroot", "iter", "iterfind", "select_one", "xpath"}
    | {"buffers", "children", "get_adapter", "get_layer", "get_parameter", "get_submodule"}
    | {"modules", "named_buffers", "named_modules", "named_parameters", "parameters", "state_dict"}
)
_PASSING_ON = frozenset(
    {"iter", "next", "enumerate", "zip", "reversed", "sorted", "list", "tuple", "filter", "map"}
    | {"vars", "min", "max", "memoryview", "type"}
)
_TAKING = frozenset({"max", "min", "next"})
# These make something new that has the items, or the attributes, of what they are given.
_COPYING = frozenset({"OrderedDict", "copy", "defaultdict", "deque", "dict", "replace"})
_COPIED = frozenset({"_replace", "copy", "model_copy"})
_CHOOSING = frozenset({"choice", "choices", "sample"})


@dataclass(frozen=True, slots=True)
class Places:
    """Finds places by the names of one function. (SELF, "cache") is an attribute of the instance,
    ("module", "CACHE") a variable, ("<parameter>",) whatever the caller passed."""

    bindings: Bindings

    def of(self, node: ast.AST, seen: frozenset[str] = frozenset(), depth: int = 0) -> set[Path]:
        """The places whose object `node` may be, or be an item of; none for a new object.

        `seen` are the names that led here. With a `depth`, what `node` holds is asked for, so many
        levels below it: that a copy has in common with what it was made from.
        """
        if isinstance(node, ast.Name):
            return self._of_name(node.id, seen, depth)
        if isinstance(node, ast.Attribute):
            path = self.outside(node)
            if path is not None:
                return {path}
            return self.of(node.value, seen, depth + (node.attr not in _VIEWING))
        if isinstance(node, ast.Subscript):
            return self.of(node.value, seen, depth + 1)
        if isinstance(node, ast.Starred | ast.Await):
            return self.of(node.value, seen, depth)
        if isinstance(node, ast.Call):
            return self._of_call(node, seen, depth)
        found = self._of_any(_alternatives(node), seen, depth)
        return found | self._of_held(node, seen, depth) if depth else found

    def _of_held(self, node: ast.AST, seen: frozenset[str], depth: int) -> set[Path]:
        """The places of what a new object holds."""
        if isinstance(node, ast.BinOp):
            return self._of_any([node.left, node.right], seen, depth)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return self.of(node.elt, seen, depth - 1)
        if isinstance(node, ast.DictComp):
            return self.of(node.value, seen, depth - 1)
        if not isinstance(node, ast.Dict):
            return set()
        pairs = zip(node.keys, node.values, strict=True)
        found = (self.of(value, seen, depth - (key is not None)) for key, value in pairs)
        return set().union(*found)

    def called(self, node: ast.AST, seen: frozenset[str] = frozenset()) -> set[Path]:
        """The places of the functions that `node` may be, which a table may hold."""
        if isinstance(node, ast.Name) and self.bindings.is_local(node.id):
            values = () if node.id in seen else self.bindings.assigned.get(node.id, ())
            found = {(PARAMETER,)} if node.id in self.bindings.parameters else set()
            return found.union(*(self.called(value, seen | {node.id}) for value in values))
        if isinstance(node, ast.Subscript):
            return self.called(node.value, seen)
        if isinstance(node, ast.Dict):
            return set().union(*(self.called(value, seen) for value in node.values))
        if parts := _alternatives(node):
            return set().union(*(self.called(part, seen) for part in parts))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in _ACCESSORS:
            return self.called(node.func, seen)
        if isinstance(node, ast.Attribute) and node.attr in _ACCESSORS:
            return self.called(node.value, seen)
        return self.of(node, seen)

    def outside(self, node: ast.expr) -> Path | None:
        """The place that a dotted name stands for, if its object is not a local one."""
        path = dotted(node)
        if path is None:
            return None
        if path[0] in (SELF, self.bindings.instance):
            return (SELF, path[1]) if len(path) > 1 else INSTANCE
        return None if self.bindings.is_local(path[0]) else path

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
        changed = target.value if isinstance(target, ast.Subscript) else target
        is_method = isinstance(changed, ast.Attribute) and changed.attr in ADDING
        owner = changed.value if isinstance(changed, ast.Attribute) and is_method else changed
        return set() if self.bindings.is_new(owner) else self.of(changed)

    def _of_any(self, nodes: Iterable[ast.AST], seen: frozenset[str], depth: int = 0) -> set[Path]:
        return set().union(*(self.of(node, seen, depth) for node in nodes))

    def _of_name(self, name: str, seen: frozenset[str], depth: int) -> set[Path]:
        if name == self.bindings.instance:
            return {INSTANCE}
        if not self.bindings.is_local(name):
            return {(name,)}
        found: set[Path] = {(PARAMETER,)} if name in self.bindings.parameters else set()
        found |= {(DEFAULT,)} if name in self.bindings.lasting else set()
        if name in seen:
            return found
        values, walked = self.bindings.assigned.get(name, ()), self.bindings.walked
        places = (self.of(each, seen | {name}, depth + (id(each) in walked)) for each in values)
        return found.union(*places)

    def _of_call(self, node: ast.Call, seen: frozenset[str], depth: int) -> set[Path]:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _ACCESSORS:
            return self.of(function.value, seen, depth + (function.attr not in _VIEWS))
        if depth and (copied := _copied(node)):
            return self._of_any(copied, seen, depth)
        if callee(function)[-1] in _CHOOSING:
            return self._of_any(node.args, seen, depth + 1)
        if isinstance(function, ast.Name):
            if function.id in _PASSING_ON:
                return self._of_any(node.args, seen, depth + (function.id in _TAKING))
            if function.id == "getattr" and len(node.args) > 1:
                return self._of_named(node.args, seen)
            if function.id in ("super", "globals"):
                return {INSTANCE if function.id == "super" else (function.id,)}
            if self.bindings.is_local(function.id):
                return self._of_nested(function.id, node, seen)
        elif not isinstance(function, ast.Attribute):
            return self._of_any(given(node), seen)  # a function that was just made
        shared = {(SHARED, callee(function)[-1])} if depth else set()
        return shared | self._of_result(function, node, seen)

    def _of_named(self, arguments: list[ast.expr], seen: frozenset[str]) -> set[Path]:
        name = arguments[1]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            attribute = ast.Attribute(arguments[0], name.value, ast.Load())
            return self.of(attribute, seen) | self._of_any(arguments[2:], seen)
        return self._of_any([arguments[0], *arguments[2:]], seen)

    def _of_nested(self, name: str, node: ast.Call, seen: frozenset[str]) -> set[Path]:
        """What a function hands out that stands in this one."""
        if name in seen:
            return set()
        found: set[Path] = set()
        for value in self.bindings.assigned.get(name, ()):
            if isinstance(value, (*Function, ast.Lambda)):
                found |= self._of_any(handed_back(value), seen | {name})
        return found or {(RESULT, name)}

    def _of_result(self, function: ast.expr, node: ast.Call, seen: frozenset[str]) -> set[Path]:
        path = dotted(function)
        found: set[Path] = {(RESULT, getattr(function, "attr", path[-1] if path else "?"))}
        if path is None or (path[0] != self.bindings.instance and self.bindings.is_local(path[0])):
            return found
        if path[0] == self.bindings.instance:
            path = (SELF, *path[1:])
        held = self._of_any(given(node), seen)
        return found | {(HANDED_ON, ".".join(path), *place) for place in held}


def handed_back(function: ast.AST) -> list[ast.expr]:
    """The expressions whose values a function returns or yields, nested ones included."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    nodes = (node for node in walked(function))
    returned = (n for n in nodes if isinstance(n, ast.Return | ast.Yield | ast.YieldFrom))
    return [node.value for node in returned if node.value is not None]


def _copied(call: ast.Call) -> list[ast.expr]:
    """What a call makes another one of that has the same items."""
    function, values = call.func, given(call)
    if values and callee(function)[-1] in _COPYING:
        return values
    if not isinstance(function, ast.Attribute) or function.attr not in _COPIED:
        return []
    is_deep = any(item.arg == "deep" for item in call.keywords)
    return [] if is_deep else [function.value, *values]


def _alternatives(node: ast.AST) -> list[ast.expr]:
    """The expressions of which `node` is one, or which it holds."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.NamedExpr):
        return [node.value]
    return node.elts if isinstance(node, ast.List | ast.Tuple) else []
