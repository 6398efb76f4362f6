"""What statements and calls change, with what decides what is put there: values and keys."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from truss_base.plan.hot.keeping.places import FILE
from truss_base.plan.hot.syntax import FILLERS, WRITERS, callee, dotted, given, walked
from truss_base.plan.hot.verbs import ADDING, STATEFUL, changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Target = tuple[ast.expr, list[ast.expr]]

# Arguments that the results are written into.
_INTO = frozenset({"cache_params", "file", "into", "out", "past_key_value", "past_key_values"})
# Where the methods of arrays are given what they write their results into.
_OUT = {
    "all": 1,
    "any": 1,
    "argmax": 1,
    "argmin": 1,
    "choose": 1,
    "dot": 1,
    "max": 1,
    "min": 1,
    "round": 1,
    "clip": 2,
    "compress": 2,
    "cumprod": 2,
    "cumsum": 2,
    "mean": 2,
    "prod": 2,
    "std": 2,
    "sum": 2,
    "take": 2,
    "var": 2,
    "trace": 4,
}
_FILING = frozenset(
    {
        *("copy", "copy2", "copyfile", "copytree", "link", "makedirs", "mkdir", "move", "rename"),
        *("renames", "replace", "symlink", "system", "truncate"),
    }
)
_REDIRECTING = frozenset({"redirect_stderr", "redirect_stdout"})
_ASKING = ("select", "explain", "pragma", "show", "values", "with")
_BY_NAME = frozenset({"attrgetter", "methodcaller"})
_RUNNERS = (("eval",), ("exec",))
_TELLTALE = WRITERS | {":=", "exec", "eval", "getattr", "setattr"}


TARGETING = frozenset(
    {
        *(ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.AugAssign, ast.Call, ast.Delete, ast.For),
        *(ast.NamedExpr, ast.comprehension, ast.withitem),
    }
)
"""The nodes that have `targets`."""

NAMING = frozenset({ast.Attribute, ast.Call, ast.Name})
"""The nodes for `handed_out` and `changes_by_name`."""


def targets(node: ast.AST) -> Iterator[Target]:
    """Each target in a statement or call, with the values and keys."""
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
    elif isinstance(node, ast.Delete):
        for target in node.targets:
            yield target, _keys(target)
    elif isinstance(node, ast.Call):
        yield from _filled(node)


def redirected(block: ast.With | ast.AsyncWith) -> Iterator[Target]:
    """What is given all that a block prints."""
    nodes = [node for part in block.body for node in walked(part)]
    calls: list[ast.expr] = [node for node in nodes if isinstance(node, ast.Call)]
    for item in block.items:
        opened = item.context_expr
        if isinstance(opened, ast.Call) and callee(opened)[-1] in _REDIRECTING:
            yield from ((_item_of(output), [*calls]) for output in given(opened))


def _filled(call: ast.Call) -> Iterator[Target]:
    values = given(call)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "execute" and values:
        yield from [] if _only_asks(values[0]) else [(_item_of(call.func.value), values)]
    if dotted(call.func) in FILLERS and len(call.args) > 1:
        yield _item_of(call.args[0]), values[1:]
    elif isinstance(call.func, ast.Attribute) and changes(call.func.attr):
        is_named = isinstance(call.func.value, ast.Name) and call.func.attr in ADDING
        yield _item_of(call.func if is_named else call.func.value), values
    elif isinstance(call.func, ast.Attribute) and call.func.attr in WRITERS and values:
        yield ast.Name(FILE, ast.Store()), values
    yield from _written_into(call)
    if _changes_files(call):
        yield ast.Name(FILE, ast.Store()), values
    for item in call.keywords:
        to_log = (dotted(item.value) or ("?",))[0] == "sys"
        if item.arg in _INTO and not (to_log or isinstance(item.value, ast.Constant)):
            yield _item_of(item.value), [value for value in values if value is not item.value]


def _changes_files(call: ast.Call) -> bool:
    """Whether it prints to a file, or makes, moves or copies one. What is removed was made."""
    path = dotted(call.func) or ("?",)
    if path == ("print",):
        files = [dotted(item.value) or () for item in call.keywords if item.arg == "file"]
        return any(file[:1] != ("sys",) for file in files)
    return (path[0] in ("os", "shutil") and path[-1] in _FILING) or path[0] == "subprocess"


def handed_out(node: ast.AST, instance: str | None, calls: Sequence[ast.expr]) -> Iterator[Target]:
    """As `targets`, of a method that is taken as a value: any of the `calls` may be its own, or
    make what it is given."""
    owner, name = _method(node)
    if owner is None or (isinstance(owner, ast.Name) and owner.id in (instance, "operator")):
        return  # the model's own method, a plain attribute like `self.cache`, or `operator.add`
    if name in STATEFUL or name is None:
        yield _item_of(owner), [*calls]
    elif name in WRITERS:
        yield ast.Name(FILE, ast.Store()), [*calls]


def changes_by_name(node: ast.AST) -> str | None:
    """The function, taken as a value or made, that may change whatever it is called with."""
    path = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if path in FILLERS and path is not None:
        return ".".join(path)
    if not isinstance(node, ast.Call):
        return None
    path = dotted(node.func) or ("?",)
    if path in _RUNNERS:
        return None if path == ("eval",) and _only_looks(node) else path[0]
    if path[-1] not in _BY_NAME or not node.args:
        return None
    names = [item.value if isinstance(item, ast.Constant) else None for item in node.args]
    used = names[:1] if path[-1] == "methodcaller" else names
    last = {None if name is None else str(name).rpartition(".")[2] for name in used}
    tells = any(name is None or name in WRITERS or changes(name) for name in last)
    return path[-1] if tells else None


def _only_looks(call: ast.Call) -> bool:
    """Whether the text that `eval` is given has nothing in it that keeps."""
    text = call.args[0] if call.args else None
    if not isinstance(text, ast.Constant | ast.JoinedStr):
        return False
    texts = (node.value for node in walked(text) if isinstance(node, ast.Constant))
    words = re.findall(r"\w+|:=", " ".join(map(str, texts)))
    return not any(word in _TELLTALE or changes(word) for word in words)


def _written_into(call: ast.Call) -> Iterator[Target]:
    """The arguments that a method writes into, with what else it is called with."""
    if not isinstance(call.func, ast.Attribute):
        return
    name, values = call.func.attr, [call.func.value, *given(call)]
    place = _OUT.get(name)
    written = call.args if name.endswith("into") else call.args[place:][:1] if place else []
    for item in written:
        if not isinstance(item, ast.Constant):
            yield _item_of(item), [value for value in values if value is not item]


def _only_asks(query: ast.expr) -> bool:
    """Whether a database is only asked: by a text, or by an expression that begins with it."""
    while isinstance(query, ast.Call | ast.Attribute | ast.JoinedStr):
        if isinstance(query, ast.JoinedStr):
            query = query.values[0] if query.values else ast.Constant("")
        else:
            query = query.func if isinstance(query, ast.Call) else query.value
    text = query.id if isinstance(query, ast.Name) else getattr(query, "value", None)
    return isinstance(text, str) and text.lstrip().lower().startswith(_ASKING)


def used_up(nodes: Sequence[ast.AST]) -> set[int]:
    """The names that are called, or of which something is taken, at once: by `id`."""
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    owners = [node.value for node in nodes if isinstance(node, ast.Attribute | ast.Subscript)]
    return {
        id(node) for node in (*functions, *owners) if isinstance(node, ast.Attribute | ast.Name)
    }


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
