"""What a function leaves behind: where it keeps something, and what that is computed from."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from truss_base.plan.hot import known
from truss_base.plan.hot.changes import parsed
from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.keeping.bindings import Bindings
from truss_base.plan.hot.keeping.places import ALIAS, Places, handed_back
from truss_base.plan.hot.keeping.slices import Slice, Slices
from truss_base.plan.hot.keeping.targets import (
    NAMING,
    TARGETING,
    changes_by_name,
    handed_out,
    redirected,
    targets,
    used_up,
)
from truss_base.plan.hot.keeping.usage import USING, Usage, Used, statements
from truss_base.plan.hot.learnt import LEARNT
from truss_base.plan.hot.syntax import Decorated, callee, dotted, given, walked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.targets import Target


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that outlives the call, in `place`: (SELF, "cache"), ("module", "CACHE"), ..."""

    place: Path
    value: Slice
    line: int


@dataclass(frozen=True, slots=True)
class Passed:
    """Values passed to something called `name`, which is at `path` if that is known; `places` are
    where the arguments live, `decided` is what decides whether it is called."""

    name: str
    path: Path | None
    places: frozenset[Path]
    value: Slice
    decided: Slice | None
    line: int


@dataclass(frozen=True, slots=True)
class Given:
    """Something that lives in `place`, given to the function at `path` beside a value."""

    path: Path
    place: Path
    value: Slice
    line: int


@dataclass(frozen=True)
class State:
    """All that one function leaves behind, passes on, makes use of and hands out; `shared` is what
    the items of that are, in new objects too."""

    kept: tuple[Kept, ...]
    passed: tuple[Passed, ...]
    given: tuple[Given, ...]
    used: tuple[Used, ...]
    returned: frozenset[Path]
    shared: frozenset[Path]

    def count(self, item: Kept | Given | Used) -> int:
        """How often the same is done in one place."""
        return self._counted[_without_line(item)]

    @cached_property
    def _counted(self) -> Counter[tuple[object, ...]]:
        every: list[Kept | Given | Used] = [*self.kept, *self.given, *self.used]
        return Counter(map(_without_line, every))

    @cached_property
    def codes(self) -> frozenset[int]:
        """The code of all slices."""
        values = [item.value for item in self.kept] + [item.value for item in self.given]
        values += [item.value for item in self.used]
        for passed in self.passed:
            values += [passed.value, *([passed.decided] if passed.decided else [])]
        return frozenset(value.code for value in values)


def _without_line(item: Kept | Given | Used) -> tuple[object, ...]:
    more: tuple[object, ...] = (item.path,) if isinstance(item, Given) else ()
    if isinstance(item, Used):
        more = (item.manner, item.name, item.for_effect)
    return type(item), item.place, item.value.code, *more


EMPTY = State((), (), (), (), frozenset(), frozenset())
"""Of what is not there."""


@LEARNT.remembered
def state_of(text: str, *, member: bool) -> State:
    """Examines the source of one definition."""
    statement = parsed(text)
    nodes = walked(statement)
    bindings = Bindings.of(statement, nodes, member=member)
    return _Visitor(bindings, statement, nodes).state()


class _Visitor:
    def __init__(self, bindings: Bindings, statement: ast.stmt, nodes: Sequence[ast.AST]) -> None:
        self._statement = statement
        self._nodes = nodes
        self._bindings = bindings
        self._places = Places(bindings)
        self._slices = Slices(bindings)
        decorators = getattr(statement, "decorator_list", [])  # a rule of their own judges them
        self._used = used_up(nodes) | {id(node) for item in decorators for node in walked(item)}

    def state(self) -> State:
        calls = [node for node in self._nodes if isinstance(node, ast.Call)]
        kept: list[Kept] = []
        passed: list[Passed] = []
        beside: list[Given] = []
        used: list[Used] = []
        usage = Usage(self._places, self._slices, statements(self._nodes), self._statement.lineno)
        for node in self._nodes:
            if type(node) in USING:
                used.extend(usage.of(node))
            if type(node) in TARGETING:
                kept += self._kept(node, targets(node))
            if type(node) in NAMING and id(node) not in self._used:
                kept += self._kept(node, handed_out(node, self._bindings.instance, calls))
                kept += self._changed_by_name(node, calls)
            if isinstance(node, ast.Call):
                passed.extend(self._passed(node))
                beside.extend(self._given(node))
            elif isinstance(node, ast.With | ast.AsyncWith):
                kept += self._kept(node, redirected(node))
            elif isinstance(node, Decorated) and node is not self._statement:
                passed.extend(self._decorated(node))
        results = handed_back(self._statement)
        returned, shared = self._places_of(results), self._places_of(results, depth=1)
        return State(tuple(kept), tuple(passed), tuple(beside), tuple(used), returned, shared)

    def _line(self, node: ast.AST) -> int:
        return getattr(node, "lineno", 1) - self._statement.lineno

    # What it changes

    def _kept(self, node: ast.AST, found: Iterable[Target]) -> Iterator[Kept]:
        for target, values in found:
            places = self._places.changed_by(target)
            if isinstance(node, ast.AugAssign) and isinstance(target, ast.Name) and not places:
                same = set() if self._bindings.is_new(target) else self._places.of(target)
                places = {(ALIAS, *place) for place in same}
            for place in places:
                yield Kept(place, self._slices.of(values, node), self._line(node))

    def _changed_by_name(self, node: ast.AST, calls: Sequence[ast.AST]) -> Iterator[Kept]:
        name = changes_by_name(node)
        if name is not None:
            yield Kept((name,), self._slices.of(calls, node), self._line(node))

    # What it passes on

    def _passed(self, node: ast.Call) -> Iterator[Passed]:
        values = given(node)
        value, decided = self._slices.of(values, node), self._decided(node)
        places, line = self._places_of(values), self._line(node)
        for name, path in self._callees(node.func):
            yield Passed(name, path, places, value, decided, line)
        for item in values:  # may be a function, which is called with what stands beside it
            path = self._outside(item)
            if path is not None and path != (SELF,):
                others = self._places_of(other for other in values if other is not item)
                yield Passed(path[-1], path, others, value, decided, line)

    def _decorated(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> Iterator[Passed]:
        """A decorator is given what it decorates."""
        for item in node.decorator_list:
            value, name = self._slices.of([node], node), callee(item)[-1]
            yield Passed(name, None, frozenset(), value, self._decided(node), self._line(node))

    def _decided(self, node: ast.AST) -> Slice | None:
        tests = self._bindings.tests.get(id(node), ())
        return self._slices.of([], node) if tests or self._bindings.jumps else None

    def _callees(self, function: ast.expr) -> Iterator[tuple[str, Path | None]]:
        """What a call may be of."""
        path = self._outside(function)
        if path is not None or isinstance(function, ast.Attribute):
            yield getattr(function, "attr", path[-1] if path else "?"), path
            return
        for place in sorted(self._places.called(function)):
            yield place[-1], place

    def _given(self, node: ast.Call) -> Iterator[Given]:
        path = dotted(node.func)
        if path is None or path[0] == SELF or self._bindings.is_local(path[0]):
            return
        values = given(node)
        for item in () if known.only_looks(path) else values:
            if places := self._places.of(item):
                others = self._slices.of([other for other in values if other is not item], node)
                yield from (Given(path, place, others, self._line(node)) for place in places)
        if values and known.is_setting(path[-1]):
            yield Given(path, path, self._slices.of(values, node), self._line(node))

    def _places_of(self, values: Iterable[ast.expr], depth: int = 0) -> frozenset[Path]:
        return frozenset().union(*(self._places.of(value, depth=depth) for value in values))

    def _outside(self, node: ast.expr) -> Path | None:
        """The dotted name of something that is not local, from the instance on."""
        path = dotted(node)
        if path is None or self._places.outside(node) is None:
            return None
        return (SELF, *path[1:]) if path[0] == self._bindings.instance else path
