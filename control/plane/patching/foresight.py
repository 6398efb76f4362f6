"""What a patch would come to, with the word of the process that serves; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control.plane.patching.answers import asked_for, reloading
from control.plane.patching.request import Preference

if TYPE_CHECKING:
    import asyncio

    from control.plane.patching.request import PatchRequest
    from control.plane.supervisor.supervisor import Supervisor
    from control.plane.supervisor.swaps import Foresight
    from truss_base.plan import Plan

# Whoever asks for a plan is a person who waits for it.
LOOK_SECONDS = 2.0


class Foreseer:
    """Asks the process that serves; `turn` is held by whoever changes the live version."""

    def __init__(self, supervisor: Supervisor, turn: asyncio.Lock) -> None:
        self._supervisor = supervisor
        self._turn = turn

    async def foresee(self, request: PatchRequest, chosen: Plan) -> tuple[Plan, str]:
        """The plan that would be carried out, and under which reservation, if there is any."""
        if request.preference is not Preference.AUTO:
            return asked_for(request.preference.value, chosen), ""
        if chosen.swap is None:
            return chosen, ""
        told = None
        if not self._turn.locked():  # else the process has something better to do
            told = await self._supervisor.hot.foresee(chosen.swap.to_wire(), LOOK_SECONDS)
        return foreseen(chosen, told)


def foreseen(chosen: Plan, told: Foresight | None) -> tuple[Plan, str]:
    """A plan of a hot swap, by what the process says to it."""
    if told is None or not (told.certain or told.reasons):
        return chosen, _unless(
            "something that lives holds the old code, which could not be looked for now"
        )
    if not told.reasons:
        return chosen, ""
    if told.certain:
        return reloading(chosen, told.reasons), ""
    return chosen, _unless(f"requests in flight leave something behind ({told.reasons[0]})")


def _unless(condition: str) -> str:
    return f"unless {condition}: then the model loads again (S2)"
