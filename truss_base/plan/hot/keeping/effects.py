"""Which uses of an object change it, or may."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF
from truss_base.plan.hot.keeping.origins import Origins
from truss_base.plan.hot.keeping.places import RESULT
from truss_base.plan.hot.keeping.usage import Manner
from truss_base.plan.hot.known import may_be_kept_by
from truss_base.plan.hot.verbs import changes, only_tells

if TYPE_CHECKING:
    from truss_base.plan.hot.facts import Path
    from truss_base.plan.hot.keeping.receivers import Receivers
    from truss_base.plan.hot.keeping.usage import Used
    from truss_base.plan.hot.program import Key

_DRAWING = ("rand", "multinomial", "bernoulli", "normal")


@dataclass
class Effects:
    """`seeded`: random numbers are the same after each start."""

    receivers: Receivers
    seeded: bool
    origins: Origins = field(init=False)

    def __post_init__(self) -> None:
        self.origins = Origins(self.receivers)

    def keeps(self, user: Key, used: Used) -> bool:
        """Whether an object is another after a use, or may be."""
        if used.manner is not Manner.WALKED and self.origins.is_unknown(user, used.place):
            return True
        if self._keeps_itself(user, used) or (self.seeded and self._draws_numbers(user, used)):
            return True
        if not (self._is_for_effect(user, used) or self.receivers.is_drawn(user, used.place)):
            return False
        return self.origins.is_object(user, used.place)

    def _is_for_effect(self, user: Key, used: Used) -> bool:
        """Whether something is done with it for no result: then it, or the world, is changed."""
        if not used.for_effect or only_tells(used.name) or used.manner is Manner.WALKED:
            return False
        if used.manner is Manner.GIVEN and self.receivers.is_defined(used.name):
            return False  # looked into
        return self.receivers.may_change(user, used.place)

    def _keeps_itself(self, user: Key, used: Used) -> bool:
        """Whether a function of a package keeps what it is given in its own module."""
        if used.manner is not Manner.CALLED or used.place[0] in (SELF, RESULT):
            return False
        name = self._foreign(user, used.place)
        if name.partition(".")[0] not in self.origins.unknown:
            return "." in name and may_be_kept_by(name)
        return changes(used.name) or (used.for_effect and not only_tells(used.name))

    def _draws_numbers(self, user: Key, used: Used) -> bool:
        """Whether it is a function that draws from a source that all share."""
        if used.manner is not Manner.CALLED or used.place[0] == SELF or used.place[0][0] == "<":
            return False
        name = self._foreign(user, used.place)
        if name.startswith(("random", "numpy.random")):
            return True
        return name.startswith("torch") and any(word in used.name for word in _DRAWING)

    def _foreign(self, user: Key, place: Path) -> str:
        return self.receivers.foreign_name(user, place) or ""
