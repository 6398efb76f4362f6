"""Whether the live version can live: it has to answer, and not to end right after.

A version passes once it has answered a request successfully and lived for a while, or was replaced
alive after an answer. One that has not passed and keeps ending is hopeless.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from control.plane.supervisor.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.plane.releases.release import Release
    from control.plane.supervisor.supervisor import Supervisor

# Up to this long before the next start requests wait; beyond it they are told.
WORTH_WAITING_SECONDS = 1.0
# So many ends in a row are no accident any more.
HOPELESS_CRASHES = 3


class HealthRecord(Protocol):
    """Who remembers which releases were healthy, and can go back to one."""

    def has_passed(self, release_id: str) -> bool:
        """Whether the release was healthy at any time."""

    def passed(self, release_id: str) -> None:
        """The release is healthy."""

    async def roll_back(self, supervisor: Supervisor, release: Release, crashes: int) -> bool:
        """Whether something else than the hopeless `release` is live now."""


class CrashLoop:
    """Follows one release at a time. `on_passed` is called once per release, with its id."""

    def __init__(self, healthy_after: float, on_passed: Callable[[str], None]) -> None:
        self._healthy_after = healthy_after
        self._on_passed = on_passed
        self._backoff = Backoff()
        self._release_id: str | None = None
        self._ready_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answered = False
        self._passed = False

    @property
    def crashes(self) -> int:
        """How often in a row it has ended by itself."""
        return self._backoff.crashes

    @property
    def delay(self) -> float:
        """Seconds to wait before the next start."""
        return self._backoff.delay

    @property
    def refusal(self) -> str | None:
        """What requests are told until the next start; None where they may wait for it."""
        if self.delay <= WORTH_WAITING_SECONDS:
            return None
        return (
            f"The inference process has ended {self.crashes} times in a row; "
            f"it is started again in {self.delay:g} s. A patch that fixes it is taken at once."
        )

    @property
    def is_hopeless(self) -> bool:
        """Whether starting it again is not worth another try."""
        return not self._passed and self.crashes >= HOPELESS_CRASHES

    def activated(self, release_id: str, *, passed: bool) -> None:
        """A process serves `release_id` from now on."""
        if release_id != self._release_id:
            self.left()
            self._backoff = Backoff()
            self._release_id, self._answered, self._passed = release_id, False, passed
        self._ready_at = time.monotonic()
        self._stop_timer()
        if not self._passed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._healthy_after, self._judge)

    def answered(self) -> None:
        """The release has answered a request successfully."""
        if not self._answered:
            self._answered = True
            self._judge()

    def crashed(self) -> None:
        """Its process has ended by itself, or could not be started again."""
        self._backoff = self._backoff.after(self._lived())
        self._ready_at = None
        self._stop_timer()

    def left(self) -> None:
        """Another release follows, or none: what has answered and still lived was healthy."""
        self._stop_timer()
        if self._answered and self._ready_at is not None:
            self._pass()
        self._ready_at = None

    def _judge(self) -> None:
        if self._answered and self._lived() >= self._healthy_after:
            self._pass()

    def _lived(self) -> float:
        return 0.0 if self._ready_at is None else time.monotonic() - self._ready_at

    def _pass(self) -> None:
        if not self._passed and self._release_id is not None:
            self._passed = True
            self._on_passed(self._release_id)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
