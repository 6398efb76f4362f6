"""What the running version has kept of results that the new one would compute otherwise.

A memo of the module starts anew: its statement runs once more. What the instance holds cannot:
only `load` knows how to make it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from truss_base.plan.hot import known
from truss_base.plan.hot.facts import FIELDS, SELF, Kind
from truss_base.plan.hot.keeping.effects import Effects
from truss_base.plan.hot.keeping.losses import Losses, Memory
from truss_base.plan.hot.keeping.operators import operations_of
from truss_base.plan.hot.keeping.receivers import MAKING, VARIABLES, Receivers
from truss_base.plan.hot.keeping.state import EMPTY, State
from truss_base.plan.hot.verbs import writes_log
from truss_base.plan.hot.wording import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from truss_base.plan.hot.case import Case
    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.operators import Operation
    from truss_base.plan.hot.keeping.slices import Slice
    from truss_base.plan.hot.keeping.state import Given, Kept, Passed
    from truss_base.plan.hot.keeping.usage import Used
    from truss_base.plan.hot.program import Key

_PIPELINE = (
    ("preprocess", "predict"),
    ("preprocess", "postprocess"),
    ("predict", "postprocess"),
)
_RUNNERS = (("eval",), ("exec",))
_SEEDING = frozenset({"manual_seed", "manual_seed_all", "seed", "seed_everything", "set_seed"})


class Stale(Enum):
    """What about the calls of a function comes from what changed."""

    NOTHING = auto()
    PARAMETERS = auto()  # what it is given
    INSTANCE = auto()  # what its object was made from
    CALL = auto()  # whether it is called at all


def memory_of(case: Case) -> Memory:
    """Looks through everything in the old version that may have kept a result."""
    receivers = Receivers(case.old.program, case.old.family)
    return _Search(case, receivers, Effects(receivers, _seeded(case))).run()


def _seeded(case: Case) -> bool:
    """Whether random numbers are the same after each start."""
    _, reached = case.loading[0]
    return any(
        use.path[-1] in _SEEDING and (use.eager or (module.name, definition.name) in reached)
        for module in case.old.program.modules.values()
        if not _SEEDING.isdisjoint(module.facts.words)
        for definition in module.facts.definitions.values()
        for use in definition.uses
    )


@dataclass(slots=True)
class _Search:
    case: Case
    receivers: Receivers
    effects: Effects
    _pending: deque[tuple[Key, Stale]] = field(default_factory=deque)
    _seen: set[tuple[Key, Stale]] = field(default_factory=set)

    def run(self) -> Memory:
        losses = Losses(self.case, self.receivers)
        for key in self.case.affected.through:
            self._add(key, Stale.NOTHING)
            self._add_decorators(key)
        self._add_pipeline()
        while self._pending:
            self._examine(*self._pending.popleft(), losses)
        return losses.memory

    def _add(self, key: Key, stale: Stale) -> None:
        if (key, stale) not in self._seen and self._runs(key):
            self._seen.add((key, stale))
            self._pending.append((key, stale))
            if stale is Stale.PARAMETERS:  # what wraps it is given the same
                self._add_decorators(key)

    def _runs(self, key: Key) -> bool:
        """Whether it is code that may keep something: a function, or what makes a variable."""
        found = self.receivers.program.definition(key)
        if found is None or key[1].endswith(FIELDS):
            return False
        return found.kind in (Kind.FUNCTION, *VARIABLES)

    def _add_decorators(self, key: Key) -> None:
        """A decorator is given the function."""
        definition = self.receivers.function(key)
        for scan in definition.scans if definition is not None else ():
            for path in scan.decorators:
                self._add_made(path[-1], Stale.PARAMETERS)
                self._add_all(self.receivers.called(path[-1]), Stale.PARAMETERS)

    def _add_pipeline(self) -> None:
        """The server hands the result of one method to the next."""
        for before, after in _PIPELINE:
            givers = {
                key
                for graph in self.case.graphs
                for key in graph.family.named(graph.program, before)
            }
            if any(key in self.case.affected for key in givers):
                named = self.case.old.family.named(self.case.old.program, after)
                self._add_all(named, Stale.PARAMETERS)

    def _examine(self, key: Key, stale: Stale, losses: Losses) -> None:
        state = self.receivers.state(key)
        if state is None:
            return
        new = self._new_state(key)
        if stale is Stale.PARAMETERS and self.receivers.compares:
            losses.forget(key)

        known: dict[int, bool] = {}  # by `id`: most of what a function does shares its slices

        def is_stale(value: Slice) -> bool:
            if id(value) not in known:
                known[id(value)] = self._is_stale(key, value, stale, new)
            return known[id(value)]

        def changed(item: Kept | Given | Used) -> bool:
            is_as_often = new is None or state.count(item) == new.count(item)
            return not is_as_often or is_stale(item.value)

        own = stale is Stale.INSTANCE  # what such an object keeps in itself ends with it
        for where, line in self._kept(key, state, own, changed):
            losses.lose(key, where, line)
        self._follow(key, state, is_stale, losses)

    def _follow(
        self, key: Key, state: State, is_stale: Callable[[Slice], bool], losses: Losses
    ) -> None:
        """Adds the functions that get what the new version would not give them."""
        for passed in state.passed:
            if is_stale(passed.value):
                self._pass(key, passed, Stale.PARAMETERS, losses)
            if passed.decided and is_stale(passed.decided):
                self._pass(key, passed, Stale.CALL, losses)
        for operation in self._operations(key):
            if is_stale(operation.value):
                for method in operation.methods:
                    self._add_all(self.receivers.called(method), Stale.PARAMETERS)

    def _operations(self, key: Key) -> tuple[Operation, ...]:
        definition = self.receivers.program.definition(key)
        if definition is None or not self.receivers.operators:
            return ()
        member = bool(definition.owner)
        return operations_of(definition.texts[0], self.receivers.operators, member=member)

    def _add_all(self, keys: Iterable[Key], stale: Stale) -> None:
        for key in keys:
            self._add(key, stale)

    def _kept(
        self, key: Key, state: State, own: bool, changed: Callable[[Kept | Given | Used], bool]
    ) -> Iterator[tuple[Path, int]]:
        """The places in which a function leaves what the new version would not, with the line."""
        for kept in state.kept:
            fresh = kept.place[0] == SELF and (own or key[1].rpartition(".")[2] in MAKING)
            if fresh and not self.case.old.family.owns(key):
                continue
            if changed(kept):
                yield kept.place, kept.line
        for given in state.given:
            if self._writes(key, given) and changed(given):
                yield given.place, given.line
        for used in state.used:
            if changed(used) and self.effects.keeps(key, used):
                yield used.place, used.line

    def _pass(self, key: Key, passed: Passed, stale: Stale, losses: Losses) -> None:
        """Follows what is passed to where it arrives."""
        self._add_made(passed.name, stale)
        self._add_all(self.receivers.called(passed.name), stale)
        if writes_log(passed.name):
            self._log(key, passed, stale, losses)
        if passed.path is not None and not self.receivers.is_defined(passed.name):
            held = self.receivers.held(key, passed.path)
            if held.keeps:
                losses.refuse(key, shown(passed.path), passed.line)
            self._add_all(held.functions, stale)

    def _log(self, key: Key, passed: Passed, stale: Stale, losses: Losses) -> None:
        """Who listens to a log is given what is written to it."""
        self._add_all(self.receivers.listeners, stale)
        if self.receivers.keeps_log:
            losses.refuse(key, shown(passed.path or (passed.name,)), passed.line)

    def _add_made(self, name: str, stale: Stale) -> None:
        """A class is called: what makes its object is given it, its methods find it there."""
        for method in self.receivers.methods(name):
            if method[1].rpartition(".")[2] in MAKING:
                self._add(method, stale)
            elif stale is Stale.PARAMETERS:
                self._add(method, Stale.INSTANCE)

    def _is_changed(self, key: Key) -> bool:
        """Whether the text of a definition is another in the new version."""
        before, after = (graph.program.definition(key) for graph in self.case.graphs)
        return before is None or after is None or after.texts != before.texts

    def _new_state(self, key: Key) -> State | None:
        """What the new version leaves behind; None if the function is the same."""
        if not self._is_changed(key):
            return None
        return Receivers(self.case.new.program, self.case.new.family).state(key) or EMPTY

    def _is_stale(self, key: Key, value: Slice, stale: Stale, new: State | None) -> bool:
        if stale is Stale.CALL or (stale is Stale.PARAMETERS and value.from_parameters):
            return True
        if stale is Stale.INSTANCE and any(path[0] == SELF for path in value.reads):
            return True
        if new is not None and value.code not in new.codes:
            return True
        return any(self._is_affected(key, path) for path in value.reads)

    def _is_affected(self, key: Key, path: Path) -> bool:
        affected = self.case.affected
        if path in _RUNNERS:
            return True
        if path[0] == SELF:
            family, program = self.case.old.family, self.case.old.program
            if not family.owns(key) or len(path) < 2:
                return False
            return any(item in affected for item in family.named(program, path[1]))
        return any(item in affected and item[1] for item in self.receivers.resolve(key, path))

    def _writes(self, key: Key, given: Given) -> bool:
        """Whether a library may write the value into what it is given beside, or keep it."""
        name = self.receivers.foreign_name(key, given.path)
        if name is None:
            return False
        if given.place == given.path:
            return "." in name
        return known.may_write_into(name) and self.receivers.may_change(key, given.place)
