"""One port: `/control/*` goes to the control API behind its guard, all else to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from control.plane.auth import Guard
    from control.plane.plane import ControlPlane

    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]
    Asgi = Callable[[Any, Receive, Send], Awaitable[None]]

CONTROL = "/control"


class App:
    """The ASGI application. The token guards the control API, never the predictions."""

    def __init__(self, plane: ControlPlane, guard: Guard) -> None:
        self._plane = plane
        self._guard = guard
        self._api: Asgi | None = None

    def load_api(self) -> None:
        """Imports FastAPI and builds the control API."""
        from control.plane.api.routes import control_api

        self._api = control_api(self._plane)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Routes one request."""
        path: str = scope["path"]
        if path == CONTROL or path.startswith(CONTROL + "/"):
            await self._control(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._plane.websocket(scope, receive, send)
        else:
            await self._plane.http(scope, receive, send)

    async def _control(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "No websockets here."})
            return
        refusal = self._guard.refusal(scope["method"], scope["headers"])
        if refusal is not None:
            from control.plane.api.problems import problem_response

            await problem_response(refusal)(scope, receive, send)
            return
        assert self._api is not None, "load_api comes before the first request"
        await self._api(scope, receive, send)
