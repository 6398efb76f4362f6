"""The control API behind its guard: the ASGI application that answers `/control/*`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from control.plane.api.problems import problem_response
from control.plane.api.routes import control_api

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from control.plane.auth import Guard
    from control.plane.plane import ControlPlane

    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]


class App:
    """Nothing reaches the API that the guard has not let through."""

    def __init__(self, plane: ControlPlane, guard: Guard) -> None:
        self._guard = guard
        self._api = control_api(plane)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answers one request."""
        refusal = self._guard.refusal(scope["method"], scope["headers"])
        if refusal is not None:
            await problem_response(refusal)(scope, receive, send)
        else:
            await self._api(scope, receive, send)
