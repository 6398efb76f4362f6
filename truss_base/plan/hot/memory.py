"""What the running version has kept of results that the new one would compute otherwise.

A memo of the module starts anew: its statement runs once more. What the instance holds cannot:
only `load` knows how to make it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot.case import Case, Refusal
from truss_base.plan.hot.facts import SELF, Kind, Role
from truss_base.plan.hot.names import resolve
from truss_base.plan.hot.places import FILE, PARAMETER, RESULT
from truss_base.plan.hot.state import State, state_of
from truss_base.plan.hot.wording import called, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.facts import Definition, Path
    from truss_base.plan.hot.program import Key, Program
    from truss_base.plan.hot.state import Slice

_VARIABLES = (Kind.VARIABLE, Kind.COMPOUND)
_PIPELINE = (("preprocess", "predict"), ("predict", "postprocess"))


@dataclass(slots=True)
class Memory:
    """`resets` are variables that have to start anew, each with the function that filled it."""

    resets: dict[Key, Key] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


def memory_of(case: Case) -> Memory:
    """Looks through everything in the old version that may have kept a result."""
    search = _Search(case)
    search.run()
    return search.memory


def keeping_functions(program: Program) -> frozenset[str]:
    """The names of functions that may keep what they are given, or hand it to one that does."""
    functions = [
        (definition.name.rpartition(".")[2], scan)
        for module in program.modules.values()
        for definition in module.facts.definitions.values()
        for scan in definition.scans
        if definition.kind is Kind.FUNCTION
    ]
    found = {name for name, scan in functions if scan.writes}
    while more := {name for name, scan in functions if name not in found and scan.called & found}:
        found |= more
    return frozenset(found)


@dataclass(slots=True)
class _Search:
    case: Case
    memory: Memory = field(default_factory=Memory)
    _pending: deque[tuple[Key, bool]] = field(default_factory=deque)
    _seen: set[tuple[Key, bool]] = field(default_factory=set)
    _asked: set[tuple[Key, str]] = field(default_factory=set)
    _named: dict[str, list[Key]] | None = None
    _keepers: frozenset[str] = frozenset()

    def run(self) -> None:
        self._keepers = keeping_functions(self.case.old.program)
        for key in self.case.affected.through:
            if self._function(key) is not None:
                self._add(key, False)
        self._add_pipeline()
        while self._pending:
            key, parameters = self._pending.popleft()
            self._examine(key, parameters)

    def _add(self, key: Key, parameters: bool) -> None:
        if (key, parameters) not in self._seen:
            self._seen.add((key, parameters))
            self._pending.append((key, parameters))

    def _add_pipeline(self) -> None:
        """The server hands the result of one method to the next."""
        family, program = self.case.old.family, self.case.old.program
        for before, after in _PIPELINE:
            givers = family.named(program, before) | self.case.new.family.named(
                self.case.new.program, before
            )
            if any(key in self.case.affected for key in givers):
                for key in family.named(program, after):
                    if self._function(key) is not None:
                        self._add(key, True)

    def _may_keep(self, definition: Definition) -> bool:
        scans = definition.scans
        return any(scan.writes or scan.called & self._keepers for scan in scans)

    def _function(self, key: Key) -> Definition | None:
        definition = self.case.old.program.definition(key)
        if definition is None or definition.kind is not Kind.FUNCTION:
            return None
        return definition

    def _state(self, definition: Definition) -> State:
        return state_of(definition.texts[0], member=bool(definition.owner))

    def _examine(self, key: Key, parameters: bool) -> None:
        definition = self._function(key)
        if definition is None or not self._may_keep(definition):
            return
        state = self._state(definition)
        passed_on = [passed for passed in state.passed if passed.name in self._keepers]
        if not state.kept and not passed_on:
            return
        unchanged = self._new_code(key, definition)
        for kept in state.kept:
            if self._is_stale(key, kept.value, parameters, unchanged):
                self._lost(key, kept.place, kept.line)
        for passed in passed_on:
            if self._is_stale(key, passed.value, parameters, unchanged):
                for receiver in self._called(passed.name):
                    self._add(receiver, True)

    def _new_code(self, key: Key, definition: Definition) -> frozenset[int] | None:
        """The slices of the new version; None if the function is the same."""
        after = self.case.new.program.definition(key)
        if after is not None and after.texts == definition.texts:
            return None
        if after is None or after.kind is not Kind.FUNCTION:
            return frozenset()
        state = self._state(after)
        values = [kept.value for kept in state.kept] + [passed.value for passed in state.passed]
        return frozenset(value.code for value in values)

    def _is_stale(
        self, key: Key, value: Slice, parameters: bool, unchanged: frozenset[int] | None
    ) -> bool:
        if parameters and value.from_parameters:
            return True
        if unchanged is not None and value.code not in unchanged:
            return True
        return any(self._is_affected(key, path) for path in value.reads)

    def _is_affected(self, key: Key, path: Path) -> bool:
        affected = self.case.affected
        if path[0] == SELF:
            family, program = self.case.old.family, self.case.old.program
            if not family.owns(key) or len(path) < 2:
                return False
            return any(item in affected for item in family.named(program, path[1]))
        return any(item in affected and item[1] for item in self._resolve(key, path))

    def _resolve(self, key: Key, path: Path) -> set[Key]:
        program = self.case.old.program
        definition = program.definition(key)
        local = definition.scans[0].imports if definition is not None else {}
        return resolve(program, program.modules[key[0]], path, local, whole=False)

    # Where it is kept

    def _lost(self, key: Key, where: Path, line: int) -> None:
        if where[0] == SELF:
            self._in_instance(key, where[1], line)
        elif where[0] == FILE:
            self._refuse(key, "a file", line)
        elif where[0] == PARAMETER:
            self._in_arguments(key, line)
        elif where[0] == RESULT:
            for source in self._called(where[1]):
                definition = self._function(source)
                if definition is not None:
                    for returned in self._state(definition).returned:
                        if returned[0] not in (PARAMETER, RESULT):
                            self._lost(source, returned, 0)
        else:
            self._in_variable(key, where, line)

    def _in_instance(self, key: Key, attribute: str, line: int) -> None:
        family, program = self.case.old.family, self.case.old.program
        if not family.owns(key):
            owner = (key[0], key[1].rpartition(".")[0])
            if owner not in self.case.affected:
                self._refuse(key, f"self.{attribute}", line)
            return
        variables = [
            item
            for item in family.named(program, attribute)
            if (found := program.definition(item)) is not None and found.kind is Kind.VARIABLE
        ]
        if not variables or self._is_assigned(attribute):
            self._refuse(key, f"self.{attribute}", line)
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
        for caller in self._mentioning(name):
            definition = self._function(caller)
            if definition is None:
                continue
            for passed in self._state(definition).passed:
                if passed.name == name and (caller, name) not in self._asked:
                    self._asked.add((caller, name))
                    for where in passed.places:
                        self._lost(caller, where, passed.line)

    def _in_variable(self, key: Key, where: Path, line: int) -> None:
        kinds = {
            item: definition.kind
            for item in self._resolve(key, where)
            if (definition := self.case.old.program.definition(item)) is not None
        }
        variables = [item for item, kind in kinds.items() if kind in _VARIABLES]
        for item in variables:
            self._reset(item, key)
        others = [item for item, kind in kinds.items() if kind in (Kind.FUNCTION, Kind.CLASS)]
        if not variables and not (others and all(item in self.case.affected for item in others)):
            self._refuse(key, ".".join(where), line)

    def _reset(self, variable: Key, key: Key) -> None:
        if variable not in self.case.affected:
            self.memory.resets.setdefault(variable, key)

    def _refuse(self, key: Key, where: str, line: int) -> None:
        at = place(self.case.old.program, key, line)
        text = f"{called(key)} keeps results of the old code in `{where}`{at}"
        self.memory.refusals.append(Refusal(self._blamed(key), text))

    def _blamed(self, key: Key) -> Key:
        return key if key in self.case.affected else min(self.case.changed)

    # Who is called, and who calls

    def _called(self, name: str) -> list[Key]:
        if self._named is None:
            self._named = {}
            for module in self.case.old.program.modules.values():
                for definition in module.facts.definitions.values():
                    if definition.kind is Kind.FUNCTION:
                        last = definition.name.rpartition(".")[2]
                        self._named.setdefault(last, []).append((module.name, definition.name))
        return self._named.get(name, [])

    def _mentioning(self, name: str) -> Iterator[Key]:
        for module in self.case.old.program.modules.values():
            for definition in module.facts.definitions.values():
                if any(name in text for text in definition.texts):
                    yield module.name, definition.name
