"""The model's `websocket` method: the server accepts the connection, the model talks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException, WebSocketException
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from .exceptions import ModelNotReady, UserCodeError
from .responses import USER_CODE_MESSAGE
from .routes import WEBSOCKET_PATH

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .application import Application

NORMAL, UNSUPPORTED, SERVER_ERROR, TRY_AGAIN_LATER = 1000, 1003, 1011, 1013


async def serve_websocket(
    application: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    websocket = WebSocket(scope, receive, send)
    if scope["path"] != WEBSOCKET_PATH:
        await websocket.close()  # before it is accepted: the client sees a 403
        return
    await websocket.accept()
    code, reason = await _converse(application, websocket)
    if WebSocketState.DISCONNECTED not in (websocket.client_state, websocket.application_state):
        await websocket.close(code, reason)


async def _converse(application: Application, websocket: WebSocket) -> tuple[int, str]:
    """Runs the model's method; returns the code and the reason to close with."""
    try:
        talk = application.contract.websocket
        if talk is None:
            return UNSUPPORTED, "The model does not implement `websocket`."
        await application.user_code.call(talk, websocket)
    except ModelNotReady as exc:
        return TRY_AGAIN_LATER, str(exc)
    except UserCodeError as exc:
        return _failed(application, exc.original)
    except HTTPException as exc:  # has no meaning here: a failure like any other
        return _failed(application, exc)
    return NORMAL, ""


def _failed(application: Application, error: BaseException) -> tuple[int, str]:
    if isinstance(error, WebSocketDisconnect):
        return NORMAL, ""
    if isinstance(error, WebSocketException):
        return error.code, error.reason
    application.report(error, application.contract.websocket)
    return SERVER_ERROR, USER_CODE_MESSAGE
