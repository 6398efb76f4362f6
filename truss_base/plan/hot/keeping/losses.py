"""What becomes of something that was kept, by where: a variable starts anew, else it is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot import known
from truss_base.plan.hot.case import Case, Refusal
from truss_base.plan.hot.facts import SELF, Kind, Role
from truss_base.plan.hot.keeping.places import (
    ALIAS,
    DEFAULT,
    FILE,
    HANDED_ON,
    PARAMETER,
    RESULT,
    SHARED,
)
from truss_base.plan.hot.keeping.receivers import MAKING, VARIABLES, Receivers
from truss_base.plan.hot.wording import called, place, shown

if TYPE_CHECKING:
    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.program import Key

# Of functions and frames: by these, everything can be reached.
_INNARDS = frozenset({"__globals__", "__closure__", "__code__", "__defaults__", "f_globals"})


@dataclass(slots=True)
class Memory:
    """`resets` are definitions that have to start anew, each with the function that filled it."""

    resets: dict[Key, Key] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class Losses:
    """Collects what has to start anew, and what cannot."""

    case: Case
    receivers: Receivers
    memory: Memory = field(default_factory=Memory)
    _asked: set[tuple[Key, Path]] = field(default_factory=set)

    def lose(self, key: Key, where: Path, line: int) -> None:
        """What the function `key` keeps in a place is not what the new version would."""
        if not _INNARDS.isdisjoint(where):
            self.refuse(key, shown(where), line)
        elif where[0] == SELF:
            self._in_instance(key, where[1], line)
        elif where[0] == FILE:
            self.refuse(key, "a file", line)
        elif where[0] == PARAMETER:
            self._in_arguments(key, line)
        elif where[0] == DEFAULT:
            self._reset(key, key)
        elif where[0] == RESULT:
            self._in_result(key, where[1], line)
        elif where[0] == SHARED:
            self._in_items(where[1])
        elif where[0] in (ALIAS, HANDED_ON):
            self._in_other(key, where, line)
        else:
            self._in_variable(key, where, line)

    def _in_other(self, key: Key, where: Path, line: int) -> None:
        """What only is kept if something is the same object as what is elsewhere."""
        if where[0] == ALIAS and self.receivers.holds_container(key, where[1:]):
            self.lose(key, where[1:], line)
        elif where[0] == HANDED_ON and self._hands_on(key, tuple(where[1].split("."))):
            self.lose(key, where[2:], line)

    def forget(self, key: Key) -> None:
        """A function is given what the new version would not give it: if it remembers results,
        it may take that for something else."""
        if self.receivers.is_cached(key):
            self._reset(key, key)

    def refuse(self, key: Key, where: str, line: int) -> None:
        """Nothing but `load` could make anew what is there."""
        at = place(self.case.old.program, key, line)
        text = f"{called(key)} keeps results of the old code in `{where}`{at}"
        blamed = key if key in self.case.affected else min(self.case.changed)
        self.memory.refusals.append(Refusal(blamed, text))

    def _in_instance(self, key: Key, attribute: str, line: int) -> None:
        family, program = self.case.old.family, self.case.old.program
        if not family.owns(key):
            owner = (key[0], key[1].rpartition(".")[0])
            if owner not in self.case.affected:
                self.refuse(key, f"self.{attribute}", line)
            return
        variables = [
            item
            for item in family.named(program, attribute)
            if (found := program.definition(item)) is not None and found.kind is Kind.VARIABLE
        ]
        if not variables or self._is_assigned(attribute):
            self.refuse(key, f"self.{attribute}", line)
        for variable in variables:
            self._reset(variable, key)

    def _is_assigned(self, attribute: str) -> bool:
        """Whether some method gives the instance an attribute of its own."""
        family, program = self.case.old.family, self.case.old.program
        for key in family.members(program):
            definition = program.definition(key)
            for use in definition.uses if definition is not None else ():
                if use.role is Role.STORE and use.path[:2] in ((SELF, attribute), (SELF, "*")):
                    return True
        return False

    def _in_arguments(self, key: Key, line: int) -> None:
        """The function fills something that its callers passed in."""
        name = key[1].rpartition(".")[2]
        if name in MAKING:
            name = key[1].split(".")[-2]
        elif name.startswith("__") and name.endswith("__"):
            self.refuse(key, "what Python calls it with", line)  # no caller names it
            return
        for caller in self.receivers.mentioning(name):
            state = self.receivers.state(caller)
            for passed in state.passed if state is not None else ():
                if passed.name == name and self._ask(caller, (PARAMETER, name)):
                    for where in passed.places:
                        self.lose(caller, where, passed.line)

    def _in_result(self, key: Key, name: str, line: int) -> None:
        """The function fills what another one has handed to it."""
        if known.is_shared(name) and not self.receivers.is_defined(name):
            self.refuse(key, f"{name}()", line)
        for source in self.receivers.called(name):
            if self.receivers.is_cached(source):  # hands out what it has handed out before
                self._reset(source, key)
            state = self.receivers.state(source)
            for returned in state.returned if state is not None else ():
                if returned[0] != PARAMETER and self._ask(source, returned):
                    self.lose(source, returned, 0)

    def _in_items(self, name: str) -> None:
        """A function fills what a copy has in it that another one has handed to it."""
        for source in self.receivers.called(name):
            state = self.receivers.state(source)
            for shared in state.shared if state is not None else ():
                if shared[0] != PARAMETER and self._ask(source, (SHARED, *shared)):
                    self.lose(source, shared, 0)

    def _hands_on(self, key: Key, path: Path) -> bool:
        """Whether a function may return what it is given."""
        if path[0] != SELF and (name := self.receivers.foreign_name(key, path)) is not None:
            return known.may_hand_on(name)
        states = map(self.receivers.state, self.receivers.called(path[-1]))
        return any(
            returned[0] in (PARAMETER, HANDED_ON)
            for state in states
            if state is not None
            for returned in state.returned
        )

    def _ask(self, key: Key, what: Path) -> bool:
        """Whether it is asked for the first time."""
        first = (key, what) not in self._asked
        self._asked.add((key, what))
        return first

    def _in_variable(self, key: Key, where: Path, line: int) -> None:
        if known.computes(self.receivers.foreign_name(key, where) or ""):
            return
        kinds = {
            item: definition.kind
            for item in self.receivers.resolve(key, where)
            if (definition := self.case.old.program.definition(item)) is not None
        }
        variables = [item for item, kind in kinds.items() if kind in VARIABLES]
        for item in variables:
            self._reset(item, key)
        others = [item for item, kind in kinds.items() if kind in (Kind.FUNCTION, Kind.CLASS)]
        if not variables and not (others and all(item in self.case.affected for item in others)):
            self.refuse(key, shown(where), line)

    def _reset(self, item: Key, key: Key) -> None:
        if item not in self.case.affected:
            self.memory.resets.setdefault(item, key)
