"""What a function does with objects that live longer than it: calls them, hands them on, walks
over them. Whether that changes them, only what they are can tell."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from truss_base.plan.hot import known
from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.keeping.places import INSTANCE, RESULT
from truss_base.plan.hot.syntax import callee, dotted, given

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.places import Places
    from truss_base.plan.hot.keeping.slices import Slice, Slices

_CALLING = frozenset({"filter", "map"})
USING = frozenset(
    {
        *(ast.AsyncFor, ast.Call, ast.Compare, ast.For, ast.Starred, ast.YieldFrom),
        ast.comprehension,
    }
)
"""The nodes that use objects."""


class Manner(Enum):
    """How an object is used."""

    CALLED = auto()  # it, or a method of something that belongs to it
    GIVEN = auto()  # to something else that is called
    WALKED = auto()  # over, by the language or by a built-in function


@dataclass(frozen=True, slots=True)
class Used:
    """A use of what lives at `place`, beside or because of a value, by what is called `name`.
    `for_effect`: nobody asks for the result."""

    place: Path
    manner: Manner
    name: str
    for_effect: bool
    value: Slice
    line: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Finds the uses in one function; `effects` are the calls that are statements, by `id`."""

    places: Places
    slices: Slices
    effects: frozenset[int]
    first_line: int

    def of(self, node: ast.AST) -> Iterator[Used]:
        """The uses that one of `USING` makes."""
        if isinstance(node, ast.Call):
            yield from self._of_call(node)
            return
        for walked in _walked_over(node):
            yield from self._used(walked, Manner.WALKED, "", [], node)

    def _of_call(self, node: ast.Call) -> Iterator[Used]:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if self.places.outside(owner) == INSTANCE:  # an attribute of the instance is called
            owner = node.func
        values, name = given(node), callee(node)[-1]
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
        if not self.places.bindings.is_new(owner):
            yield from self._used(owner, Manner.CALLED, name, values, node)
        looks = known.only_looks(dotted(node.func) or ("?",)) and name not in _CALLING
        manner = Manner.WALKED if looks else Manner.GIVEN
        for item in values:
            others = [each for each in values if each is not item]
            yield from self._used(item, manner, name, others, node)

    def _used(
        self, used: ast.expr, manner: Manner, name: str, values: Sequence[ast.AST], node: ast.AST
    ) -> Iterator[Used]:
        if isinstance(used, ast.Constant | ast.JoinedStr):
            return
        places = self.places.of(used)
        if not isinstance(used, ast.Attribute):  # which is no name for several functions
            places |= self.places.called(used)
        for place in places:
            if place != INSTANCE and (place[0] in (SELF, RESULT) or place[0][0] != "<"):
                value = self.slices.of(values, node)
                line = getattr(node, "lineno", 1) - self.first_line
                yield Used(place, manner, name, id(node) in self.effects, value, line)


def statements(nodes: Sequence[ast.AST]) -> frozenset[int]:
    """The calls that are statements of their own, awaited or not."""
    values = [node.value for node in nodes if isinstance(node, ast.Expr)]
    return frozenset(id(each.value if isinstance(each, ast.Await) else each) for each in values)


def _walked_over(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Starred) and isinstance(node.ctx, ast.Load):
        return [node.value]
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        return [node.iter]
    if isinstance(node, ast.Compare):
        pairs = zip(node.ops, node.comparators, strict=True)
        return [item for kind, item in pairs if isinstance(kind, ast.In | ast.NotIn)]
    return [node.value] if isinstance(node, ast.YieldFrom) else []
