"""Where the objects come from that code makes use of: from packages of which nothing is known?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.keeping.places import RESULT
from truss_base.plan.hot.keeping.receivers import VARIABLES
from truss_base.plan.hot.packages import is_plainly_named, remembering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.receivers import Receivers
    from truss_base.plan.hot.program import Key


@dataclass(frozen=True)
class Origins:
    """Follows objects to what made them, in one program."""

    receivers: Receivers

    @cached_property
    def unknown(self) -> frozenset[str]:
        """The packages that the program imports and of which nothing is known."""
        program = self.receivers.program
        targets = (item for each in program.modules.values() for item in each.facts.imports)
        names = {item.module.partition(".")[0] for item in targets if not item.level}
        return frozenset(
            name for name in names if not (self._is_plainly_named(name) or program.has(name))
        )

    def _is_plainly_named(self, package: str) -> bool:
        return is_plainly_named(package) and not self.receivers.mentions(*remembering(package))

    def is_unknown(self, user: Key, place: Path) -> bool:
        """Whether what is at a place may belong to a package of which nothing is known. What the
        Truss defines does not: it is looked into."""
        if not self.unknown or any(self._functions(user, place)):
            return False
        if self._is_imported(user, place) and not place[-1].isupper():
            return False  # functions and classes of packages; constants are objects
        return self._is_unknown(user, place[:2] if place[0] == SELF else place, set())

    def is_object(self, user: Key, place: Path) -> bool:
        """Whether a place is a variable or an attribute, and not one of a function."""
        if place[0] == RESULT or any(self._functions(user, place)):
            return False
        return place[0] == SELF or self._is_variable(user, place)

    def _is_unknown(self, user: Key, place: Path, seen: set[tuple[Key, Path]]) -> bool:
        if (user, place) in seen:
            return False
        seen.add((user, place))
        if place[0] == RESULT:
            return any(self._hands_out(key, seen) for key in self.receivers.called(place[1]))
        if self._is_imported(user, place):
            name = self.receivers.foreign_name(user, place) or ""
            return name.partition(".")[0] in self.unknown
        functions = [*self._functions(user, place)]
        if functions:
            return any(self._uses_unknown(key, seen) for key in functions)
        return self._is_made_of_unknown(user, place, seen)

    def _is_made_of_unknown(self, user: Key, place: Path, seen: set[tuple[Key, Path]]) -> bool:
        made = self.receivers.made(user, place)
        if not made:  # by a library perhaps
            return place[0] == SELF or self._is_variable(user, place)
        return any(
            (item.from_parameters and not self.receivers.family.owns(binder))
            or any(self._is_unknown(binder, origin, seen) for origin in item.origins)
            for binder, item in made
        )

    def _hands_out(self, key: Key, seen: set[tuple[Key, Path]]) -> bool:
        state = self.receivers.state(key)
        places = state.returned if state is not None else ()
        lasting = (place for place in places if place[0] in (SELF, RESULT) or place[0][0] != "<")
        return any(self._is_unknown(key, place, seen) for place in lasting)

    def _uses_unknown(self, key: Key, seen: set[tuple[Key, Path]]) -> bool:
        definition = self.receivers.function(key)
        uses = definition.uses if definition is not None else ()
        return any(self._is_unknown(key, use.path, seen) for use in uses)

    def _functions(self, user: Key, place: Path) -> Iterator[Key]:
        """The functions of the Truss that stand at a place."""
        if place[0] == SELF:
            names = (key for key in self.receivers.siblings(user) if len(place) > 1)
            found = [key for key in names if key[1].rpartition(".")[2] == place[1]]
        else:
            found = [key for key in self.receivers.resolve(user, place) if key[1]]
        yield from (key for key in found if self.receivers.function(key) is not None)

    def _is_imported(self, user: Key, place: Path) -> bool:
        return place[0] not in (SELF, RESULT) and bool(self.receivers.foreign_name(user, place))

    def _is_variable(self, user: Key, place: Path) -> bool:
        found = map(self.receivers.program.definition, self.receivers.resolve(user, place))
        return any(item is not None and item.kind in VARIABLES for item in found)
