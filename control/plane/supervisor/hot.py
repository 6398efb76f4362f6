"""Hot swaps of the process that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from control.plane.exceptions import SwapRefused

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from control.plane.releases.release import Release
    from control.plane.supervisor.supervisor import Supervisor
    from control.plane.supervisor.swaps import Foresight, PreparedSwap


class HotSwaps:
    """Asks whichever process serves then. `limit`: seconds in which new code has to end."""

    def __init__(self, supervisor: Supervisor, limit: float) -> None:
        self._supervisor = supervisor
        self._limit = limit

    async def prepare(
        self, release: Release, document: Mapping[str, Any], given_up: asyncio.Future[Any]
    ) -> PreparedSwap:
        """The serving process with `release` ready beside what it serves, unless it is `given_up`
        before.

        Raises:
            SwapRefused: it has to be loaded instead; nothing has changed for requests.
        """
        current = self._supervisor.current
        if current is None or self._supervisor.state != "ready":
            raise SwapRefused(["no model is loaded"])
        return await current.swaps.prepare(release, document, self._limit, given_up)

    async def foresee(self, document: Mapping[str, Any], limit: float) -> Foresight | None:
        """What the serving process would say to a swap; None where nobody can tell now."""
        current = self._supervisor.current
        if current is None or self._supervisor.state != "ready":
            return None
        return await current.swaps.foresee(document, limit)

    def compile_ahead(self, release: Release, document: Mapping[str, Any]) -> None:
        """Lets the serving process compile what a swap to `release` would execute."""
        if self._supervisor.current is not None:
            self._supervisor.current.swaps.compile(release, document)

    def show_files(self, release: Release) -> None:
        """Has the serving process report errors at the lines of `release`."""
        if self._supervisor.current is not None:
            self._supervisor.current.swaps.adopt(release)
