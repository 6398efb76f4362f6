"""What belongs to one event loop: made with its first use, closed with the loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

_T = TypeVar("_T")


class PerLoop(Generic[_T]):
    """One thing for every event loop."""

    def __init__(self, make: Callable[[], _T], close: Callable[[_T], Awaitable[None]]) -> None:
        self._make, self._close = make, close
        self._held: dict[asyncio.AbstractEventLoop, tuple[_T, AsyncGenerator[_T, None]]] = {}

    async def get(self) -> _T:
        """That of the running loop; not to be closed."""
        loop = asyncio.get_running_loop()
        if loop not in self._held:
            lifetime = self._lifetime(loop)
            self._held[loop] = await anext(lifetime), lifetime
        return self._held[loop][0]

    async def _lifetime(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[_T, None]:
        """It until the loop ends: asynchronous generators are what `asyncio.run` closes then,
        all at once, so that none may need another one.
        """
        made = self._make()
        try:
            yield made
        finally:
            del self._held[loop]
            await self._close(made)
