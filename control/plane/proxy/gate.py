"""Which inference process answers now, and what happens to requests while none does.

Open: requests go to the named backend. Held: they wait. Refusing: they are answered 503 with the
reason. Changing from one to the other is one assignment on the event loop, so no request ever sees
anything between.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from control.plane.exceptions import Unavailable, UpstreamLost

if TYPE_CHECKING:
    from control.plane.proxy.backend import Backend

# How long the end of a process may go unnoticed before its refused connections are reported.
NOTICE_SECONDS = 5.0


class Gate:
    """Held at first. `patience` is the longest a request waits, in seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._backend: Backend | None = None
        self._refusal: str | None = None
        self._changed = asyncio.Event()

    @property
    def backend(self) -> Backend | None:
        """The backend that answers now, or None."""
        return self._backend

    @property
    def refusal(self) -> str | None:
        """Why requests are refused, or None."""
        return self._refusal

    def open(self, backend: Backend) -> None:
        """Sends this and every later request to `backend`."""
        self._change(backend, None)

    def hold(self) -> None:
        """Lets requests wait."""
        self._change(None, None)

    def refuse(self, reason: str) -> None:
        """Answers requests with `reason`."""
        self._change(None, reason)

    async def admit(self) -> Backend:
        """Waits for a backend.

        Raises:
            Unavailable: requests are refused, or the wait was too long.
        """
        try:
            return await asyncio.wait_for(self._open(), self._patience)
        except asyncio.TimeoutError:
            raise Unavailable(
                f"The model was still loading after {self._patience:g} s; try again later."
            ) from None

    async def successor(self, spent: Backend) -> None:
        """Waits until requests no longer go to `spent`, whose process refuses connections.

        Raises:
            UpstreamLost: nobody replaced it in time.
        """
        try:
            await asyncio.wait_for(self._replaced(spent), NOTICE_SECONDS)
        except asyncio.TimeoutError:
            raise UpstreamLost(
                "The inference process runs but accepts no connections; "
                "see the logs, or restart it."
            ) from None

    async def _open(self) -> Backend:
        while self._backend is None:
            if self._refusal is not None:
                raise Unavailable(self._refusal)
            await self._changed.wait()
        return self._backend

    async def _replaced(self, spent: Backend) -> None:
        while self._backend is spent:
            await self._changed.wait()

    def _change(self, backend: Backend | None, refusal: str | None) -> None:
        self._backend, self._refusal = backend, refusal
        # Wakes everybody who waits now; who comes later waits for the next change.
        self._changed.set()
        self._changed = asyncio.Event()
