"""Who is called by a name, and who mentions one, in one program."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Kind, Role
from truss_base.plan.hot.keeping.making import is_constant, making_of
from truss_base.plan.hot.keeping.operators import METHODS
from truss_base.plan.hot.keeping.state import State, state_of
from truss_base.plan.hot.names import resolve
from truss_base.plan.hot.purity import foreign_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_base.plan.hot.facts import Definition, Import, Path
    from truss_base.plan.hot.family import Family
    from truss_base.plan.hot.keeping.making import Ingredients
    from truss_base.plan.hot.program import Key, Program

_CALL = "__call__"
_CACHES = frozenset({"alru_cache", "cache", "cached", "lru_cache", "memoize"})
_LISTENED = ("LoggerAdapter", "addFilter", "addHandler", "dictConfig", "setFormatter")
_LISTENING = ("emit", "filter", "format", "handle", "process")
MAKING = ("__init__", "__new__", "__post_init__")
"""Methods that make a new object."""


VARIABLES = (Kind.VARIABLE, Kind.COMPOUND)


@dataclass(frozen=True, slots=True)
class Held:
    """What a variable may hold: functions of the Truss, and whether what it holds keeps what it
    is called with."""

    functions: frozenset[Key]
    keeps: bool


@dataclass(frozen=True)
class Receivers:
    """Finds functions by name: of what type an object is, nobody knows."""

    program: Program
    family: Family
    _made: dict[tuple[str, str, Path], list[tuple[Key, Ingredients]]] = field(default_factory=dict)
    _binding: dict[Key | None, dict[Path, list[Key]]] = field(default_factory=dict)

    def function(self, key: Key) -> Definition | None:
        """The definition of a function."""
        found = self.program.definition(key)
        return found if found is not None and found.kind is Kind.FUNCTION else None

    def state(self, key: Key) -> State | None:
        """What a function, or the statement that makes a variable, leaves behind."""
        found = self.program.definition(key)
        if found is None or found.kind not in (Kind.FUNCTION, *VARIABLES) or not found.texts:
            return None
        return state_of(found.texts[0], member=bool(found.owner))

    @cached_property
    def _named(self) -> Mapping[str, list[Key]]:
        found: dict[str, list[Key]] = {}
        for key, definition in self._definitions():
            if definition.kind in (Kind.FUNCTION, Kind.CLASS):
                found.setdefault(key[1].rpartition(".")[2], []).append(key)
        return found

    def mentions(self, *words: str) -> bool:
        """Whether one of these is part of a name that the program uses."""
        return any(
            word in module.facts.words for module in self.program.modules.values() for word in words
        )

    @cached_property
    def listeners(self) -> list[Key]:
        """The methods of the Truss that may be given what is written to a log."""
        if not self.mentions(*_LISTENED):
            return []
        return [key for name in _LISTENING for key in self.called(name) if "." in key[1]]

    @cached_property
    def keeps_log(self) -> bool:
        """Whether what is written to a log may be read again: from a list, a queue, a text."""
        in_text = self.mentions("StreamHandler") and self.mentions("StringIO")
        return in_text or self.mentions("MemoryHandler", "QueueHandler")

    def is_defined(self, name: str) -> bool:
        """Whether a function or class has this name."""
        return name in self._named

    def is_cached(self, key: Key) -> bool:
        """Whether a function remembers its results."""
        definition = self.function(key)
        scans = definition.scans if definition is not None else ()
        return any(path[-1] in _CACHES for scan in scans for path in scan.decorators)

    @cached_property
    def compares(self) -> bool:
        """Whether the Truss says which of its objects are alike."""
        return self.is_defined("__eq__") or self.is_defined("__hash__")

    def called(self, name: str) -> list[Key]:
        """The functions of this name, methods included."""
        return [key for key in self._named.get(name, ()) if self.function(key) is not None]

    @cached_property
    def operators(self) -> frozenset[str]:
        """The methods of the Truss that operators call and that keep something."""
        return frozenset(
            name
            for name in METHODS & self._named.keys()
            if any((state := self.state(key)) and state.kept for key in self.called(name))
        )

    def methods(self, name: str) -> list[Key]:
        """The methods of the classes of this name."""
        owners = [key for key in self._named.get(name, ()) if self.function(key) is None]
        return [
            (module, member)
            for module, owner in owners
            for member in self.program.modules[module].facts.definitions
            if member.startswith(f"{owner}.") and self.function((module, member)) is not None
        ]

    def mentioning(self, name: str) -> Iterator[Key]:
        """The functions and variables whose text has the name in it."""
        for key, definition in self._definitions():
            fits = definition.kind in (Kind.FUNCTION, *VARIABLES)
            if fits and any(name in text for text in definition.texts):
                yield key

    def held(self, user: Key, path: Path) -> Held:
        """What is called by the name of a variable, or of an attribute of the instance."""
        functions: set[Key] = set()
        keeps = False
        for _, made in self.made(user, path):
            for name in made.named:
                functions.update(self.called(name))
            for name in made.called:
                methods = self.methods(name)
                functions.update(key for key in methods if key[1].endswith(f".{_CALL}"))
            keeps |= made.keeps or any(map(self._closes, made.called))
        return Held(frozenset(functions), keeps)

    def holds_container(self, user: Key, place: Path) -> bool:
        """Whether what is at a place may be a list, an array or the like."""
        if place[0].startswith("<") and place[0] != SELF:
            return False
        made = self.made(user, place)
        return any(item.builds for _, item in made) if made else self.may_change(user, place)

    def is_drawn(self, user: Key, place: Path) -> bool:
        """Whether what is at a place hands out something else each time: an iterator, a source of
        random numbers."""
        if place[0].startswith("<") and place[0] != SELF:
            return False
        return any(
            any(not self.is_defined(name) for name in item.drawn)
            or any(self._yields(name) for name in item.called)
            for _, item in self.made(user, place)
        )

    def _yields(self, name: str) -> bool:
        found = map(self.function, self.called(name))
        return any("yield" in text for item in found if item is not None for text in item.texts)

    def made(self, user: Key, path: Path) -> list[tuple[Key, Ingredients]]:
        """What went into a variable or an attribute of the instance, by who binds it."""
        # The methods of a class mean the same by it.
        asked = (user[0], user[1].rpartition(".")[0] if path[0] == SELF else user[1], path)
        if asked not in self._made:
            self._made[asked] = [*self._find_made(user, path)]
        return self._made[asked]

    def _find_made(self, user: Key, path: Path) -> Iterator[tuple[Key, Ingredients]]:
        for key in self._binders(user, path):
            if (definition := self.program.definition(key)) is not None:
                name = path[-1] if path[0] == SELF else key[1].rpartition(".")[2]
                for text in definition.texts:
                    making = making_of(text, member=bool(definition.owner))
                    yield from ((key, made) for made in making.bound.get(name, ()))

    def _closes(self, name: str) -> bool:
        """Whether a function of this name makes one that changes what is around it."""
        found = [self.program.definition(key) for key in self.called(name)]
        return any(
            making_of(item.texts[0], member=bool(item.owner)).closes
            for item in found
            if item is not None
        )

    def _binders(self, user: Key, path: Path) -> Iterator[Key]:
        """The definitions that bind it."""
        if path[0] == SELF:
            yield from self._binding_methods(user).get(path, ())
            yield from self.family.named(self.program, path[-1])
            return
        for key in self.resolve(user, path):
            found = self.program.definition(key)
            if found is not None and found.kind in VARIABLES:
                yield key

    def _binding_methods(self, user: Key) -> Mapping[Path, list[Key]]:
        """The members of the class of a method that give its object something, by what."""
        owner = None if self.family.owns(user) else (user[0], user[1].rpartition(".")[0])
        if owner not in self._binding:
            found = self._binding[owner] = {}
            for key in self.siblings(user):
                definition = self.program.definition(key)
                uses = definition.uses if definition is not None else ()
                for path in {use.path for use in uses if use.role is Role.STORE}:
                    found.setdefault(path, []).append(key)
        return self._binding[owner]

    def siblings(self, user: Key) -> Iterator[Key]:
        """The members of the class that a method belongs to, for the model's those of all."""
        if self.family.owns(user):
            yield from self.family.members(self.program)
            return
        owner = user[1].rpartition(".")[0]
        for name in self.program.modules[user[0]].facts.definitions:
            if name.startswith(f"{owner}."):
                yield user[0], name

    def _definitions(self) -> Iterator[tuple[Key, Definition]]:
        for module in self.program.modules.values():
            for definition in module.facts.definitions.values():
                yield (module.name, definition.name), definition

    def resolve(self, user: Key, path: Path) -> set[Key]:
        """The definitions that a name in a function touches."""
        return resolve(
            self.program, self.program.modules[user[0]], path, self._local(user), whole=False
        )

    def foreign_name(self, user: Key, path: Path) -> str | None:
        """The full name of what a name in a function denotes outside the Truss."""
        module = self.program.modules[user[0]]
        return foreign_name(self.program, module, path, self._local(user))

    def may_change(self, user: Key, place: Path) -> bool:
        """Whether what is at a place can be changed: no function, package or constant is."""
        if place[0] == SELF:
            return not self.called(place[1])
        if place[0].startswith("<"):
            return True
        found = [self.program.definition(key) for key in self.resolve(user, place)]
        variables = [item for item in found if item is not None and item.kind in VARIABLES]
        return any(not is_constant(text) for item in variables for text in item.texts)

    def _local(self, user: Key) -> Mapping[str, tuple[Import, ...]]:
        definition = self.program.definition(user)
        return definition.scans[0].imports if definition is not None else {}
