"""Hot swaps in one inference process, as the control plane asks for them."""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import SwapRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from control.plane.releases.release import Release

FORCE = "CONTROL_TRUSS_FORCE_HOT"
# The commit waits for the model's event loop, which user code may block for a while.
COMMIT_SECONDS = 30.0
UNANSWERED = "an earlier hot swap of this process has not ended"
ENDED = "the inference process ended"

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Foresight:
    """What speaks against a hot swap at this moment; not `certain` where that may be over by the
    time of the swap."""

    reasons: Sequence[str]
    certain: bool


@dataclass(frozen=True, slots=True)
class PreparedSwap:
    """A release that the serving process holds ready beside the one that it serves."""

    release: Release
    number: int
    swaps: Swaps

    def ask_commit(self) -> asyncio.Future[Event]:
        """Asks the process to make it the one that answers; for `committed`."""
        return self.swaps.ask_commit(self)

    async def committed(self, asked: asyncio.Future[Event]) -> bool:
        """Whether the process says that it is; one that ended meanwhile, or hangs, does not."""
        return await self.swaps.committed(asked)

    def drop(self) -> None:
        """Forgets it."""
        self.swaps.drop(self)


class Swaps:
    """Numbers the swaps of a process and waits for its answers. `send` writes an operation."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._preparing: dict[int, asyncio.Future[Event]] = {}
        self._committing: dict[int, asyncio.Future[Event]] = {}
        self._foreseeing: dict[int, asyncio.Future[Event]] = {}
        self._held: dict[int, str] = {}
        self._ended = False
        self.swapped = 0

    @property
    def releases(self) -> set[str]:
        """The releases, beside the one that was loaded, that requests may still run on."""
        return set(self._held.values())

    def compile(self, release: Release, document: Mapping[str, Any]) -> None:
        """Has the code of a swap that may follow compiled; none of it is executed."""
        self._send({"op": "swap_compile", **_place(release), "swap": document})

    async def foresee(self, document: Mapping[str, Any], limit: float) -> Foresight | None:
        """What the process would say to a swap, which changes nothing of it. None where it does
        not tell within `limit` seconds, or is making a swap."""
        if self._ended or self._preparing:
            return None
        if _is_forced():
            return Foresight((), certain=True)
        number = next(self._numbers)
        operation = {"op": "swap_audit", "id": number, "swap": document}
        event = await _within(limit, self._asked(self._foreseeing, number, operation))
        if event is None or event["event"] != "swap_audited":
            return None
        return Foresight(event["reasons"], event["certain"])

    async def prepare(
        self,
        release: Release,
        document: Mapping[str, Any],
        limit: float,
        given_up: asyncio.Future[Any],
    ) -> PreparedSwap:
        """Builds `release` beside what is served; requests see nothing of it.

        Raises:
            SwapRefused: with reasons for people; the release has to be loaded instead. Also where
                it was `given_up` meanwhile.
        """
        if self._ended or self._preparing:
            raise SwapRefused([ENDED if self._ended else UNANSWERED])
        number = next(self._numbers)
        answer = self._asked(self._preparing, number, _operation(number, release, document))
        try:
            event = await _within(limit, answer, given_up)
        except BaseException:
            self._send({"op": "swap_drop", "id": number})
            raise
        if event is None:
            self._send({"op": "swap_drop", "id": number})
            raise SwapRefused([f"its code did not end within {limit:g} s"])
        if event["event"] != "swap_ready":
            raise SwapRefused(_reasons(event))
        self._held[number] = release.id
        return PreparedSwap(release, number, self)

    def ask_commit(self, swap: PreparedSwap) -> asyncio.Future[Event]:
        """Asks the process to let requests begin on a prepared release."""
        if self._ended:
            answer: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
            answer.set_result(_ended())
            return answer
        operation = {"op": "swap_commit", "id": swap.number}
        return self._asked(self._committing, swap.number, operation)

    async def committed(self, asked: asyncio.Future[Event]) -> bool:
        """Whether they do. False if the process ended or hangs."""
        event = await _within(COMMIT_SECONDS, asked)
        is_swapped = event is not None and event["event"] == "swapped"
        self.swapped += is_swapped
        return is_swapped

    def drop(self, swap: PreparedSwap) -> None:
        """Forgets a prepared release."""
        self._held.pop(swap.number, None)
        self._send({"op": "swap_drop", "id": swap.number})

    def adopt(self, release: Release) -> None:
        """Says where the files are now, of which nothing that runs is affected."""
        self._send({"op": "adopt", "release_dir": str(release.tree)})

    def handle(self, event: Event) -> None:
        """Takes an event of the process, if it is about a swap."""
        kind, number = event.get("event"), event.get("id", 0)
        asked_by = {"swapped": self._committing, "swap_audited": self._foreseeing}
        if kind in ("swap_ready", "swap_refused", "swap_failed", *asked_by):
            answer = asked_by.get(kind, self._preparing).pop(number, None)
            if answer is not None and not answer.done():
                answer.set_result(event)
        elif kind == "released":
            self._held.pop(number, None)

    def end(self) -> None:
        """The process has ended: nothing is answered any more."""
        self._ended = True
        for waiting in (self._preparing, self._committing, self._foreseeing):
            for answer in waiting.values():
                if not answer.done():
                    answer.set_result(_ended())
            waiting.clear()

    def _asked(
        self, waiting: dict[int, asyncio.Future[Event]], number: int, operation: Event
    ) -> asyncio.Future[Event]:
        answer = waiting[number] = asyncio.get_running_loop().create_future()
        self._send(operation)
        return answer


async def _within(
    limit: float, answer: asyncio.Future[Event], *others: asyncio.Future[Any]
) -> Event | None:
    """The answer, None after `limit` seconds or once one of the `others` is done. Who waits for a
    save counts the rounds of the event loop, of which `wait_for` and tasks take more."""
    either: set[asyncio.Future[Any]] = {answer, *others}
    await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    return answer.result() if answer.done() else None


def _ended() -> Event:
    return {"event": "swap_refused", "reasons": [ENDED]}


def _operation(number: int, release: Release, document: Mapping[str, Any]) -> Event:
    return {
        "op": "swap",
        "id": number,
        **_place(release),
        "swap": document,
        "force": _is_forced(),
    }


def _is_forced() -> bool:
    return os.environ.get(FORCE) == "1"


def _place(release: Release) -> Event:
    return {"release_dir": str(release.tree), "config_file": str(release.config_file)}


def _reasons(event: Event) -> list[str]:
    if event["event"] == "swap_failed":
        # Some code cannot be executed twice in one process; a fresh one tells whether it is wrong.
        error = event["error"]
        return [f"its code raised {error['type']}: {error['message']}"]
    return list(event["reasons"])
