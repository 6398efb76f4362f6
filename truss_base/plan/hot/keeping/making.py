"""What went into the variables and attributes that a function binds: what they may be called as."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.changes import parsed
from truss_base.plan.hot.keeping.bindings import CONTAINERS, DISPLAYS, Bindings, Nested
from truss_base.plan.hot.keeping.slices import Slices
from truss_base.plan.hot.keeping.targets import changes_by_name, used_up
from truss_base.plan.hot.learnt import LEARNT
from truss_base.plan.hot.syntax import WRITERS, callee, dotted, walked
from truss_base.plan.hot.verbs import STATEFUL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.slices import Slice

_BUILDERS = CONTAINERS | {
    *("arange", "array", "asarray", "copy", "deepcopy", "empty", "empty_like", "eye", "from_numpy"),
    *("full", "full_like", "linspace", "load", "ones", "ones_like", "rand", "randn", "tensor"),
    *("zeros", "zeros_like"),
}
_DRAWN = frozenset(
    {
        *("Generator", "Random", "RandomState", "chain", "count", "cycle", "default_rng"),
        *("enumerate", "filter", "islice", "iter", "map", "open", "reader", "scandir", "zip"),
    }
)
_NOWHERE = ast.Pass()  # no condition is around it
_FIXED = (ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Tuple, ast.UnaryOp, ast.BinOp)


@dataclass(frozen=True, slots=True)
class Ingredients:
    """The names that went into a value, as they are and as they were called; whether something
    is among them that keeps what it is called with, or that builds a container; what was called
    that hands out something else each time; the paths from outside of the function, and whether
    its parameters are in it."""

    named: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    keeps: bool = False
    builds: bool = False
    drawn: frozenset[str] = frozenset()
    origins: frozenset[Path] = frozenset()
    from_parameters: bool = False


@dataclass(frozen=True, slots=True)
class Making:
    """What a definition binds, by the last part of its name. `closes`: a function that stands in
    it changes what is around it."""

    bound: Mapping[str, tuple[Ingredients, ...]]
    closes: bool


@LEARNT.remembered
def making_of(text: str, *, member: bool) -> Making:
    """Examines the source of one definition."""
    statement = parsed(text)
    nodes = walked(statement)
    slices = Slices(Bindings.of(statement, nodes, member=member))
    used = used_up(nodes)
    bound: dict[str, tuple[Ingredients, ...]] = {}
    for node in nodes:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        made = _ingredients(slices.parts([node.value]), used, slices.of([node.value], _NOWHERE))
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in (item for each in targets for item in _parts(each)):
            if (path := dotted(target)) is not None:
                bound[path[-1]] = (*bound.get(path[-1], ()), made)
    nested = [node for node in nodes if node is not statement and isinstance(node, Nested)]
    return Making(bound, any(map(_closes, nested)))


def _parts(target: ast.expr) -> list[ast.expr]:
    """What a target binds, which may be several names."""
    if isinstance(target, ast.Tuple | ast.List):
        return [part for item in target.elts for part in _parts(item)]
    return [target.value] if isinstance(target, ast.Starred) else [target]


def is_constant(text: str) -> bool:
    """Whether a statement binds what cannot be changed: texts, numbers, tuples of them."""
    statement = parsed(text)
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if value is None:
        return False
    return all(isinstance(n, _FIXED) for n in walked(value) if isinstance(n, ast.expr))


def _ingredients(parts: Sequence[ast.AST], used: set[int], value: Slice) -> Ingredients:
    nodes = [node for part in parts for node in walked(part)]
    names = [node for node in nodes if isinstance(node, ast.Name | ast.Attribute)]
    return Ingredients(
        named=frozenset((dotted(node) or ("?",))[-1] for node in names if id(node) not in used),
        called=frozenset(callee(node)[-1] for node in nodes if isinstance(node, ast.Call)),
        keeps=any(changes_by_name(node) or _keeps(node, used) for node in nodes),
        builds=any(map(_builds, nodes)),
        drawn=frozenset(name for node in nodes for name in _drawn(node)),
        origins=value.reads,
        from_parameters=value.from_parameters,
    )


def _builds(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and callee(node)[-1] in _BUILDERS
    return called or isinstance(node, DISPLAYS)


def _drawn(node: ast.AST) -> Iterator[str]:
    """The name of an iterator or a source of random numbers that is made."""
    if isinstance(node, ast.GeneratorExp):
        yield "<generator>"
    elif isinstance(node, ast.Call) and callee(node)[-1] in _DRAWN:
        yield callee(node)[-1]


def _keeps(node: ast.AST, used: set[int]) -> bool:
    if isinstance(node, Nested):
        return _closes(node)
    return _keeps_by_name(node) and id(node) not in used


def _closes(function: ast.AST) -> bool:
    if any(isinstance(node, ast.Nonlocal) for node in walked(function)):
        return True
    inner = [node for node in walked(function) if isinstance(node, ast.Attribute | ast.Subscript)]
    return any(not isinstance(node.ctx, ast.Load) or _keeps_by_name(node) for node in inner)


def _keeps_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in STATEFUL | WRITERS
