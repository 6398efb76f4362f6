"""The model's `websocket` method: the server accepts the connection, the model talks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

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
    version = await application.admission()
    if version is None:
        return TRY_AGAIN_LATER, str(ModelNotReady())
    talk = version.contract.websocket
    if talk is None:
        return UNSUPPORTED, "The model does not implement `websocket`."
    try:
        with version.answering():
            await application.user_code.call(talk, websocket)
    except UserCodeError as exc:
        return _failed(application, talk, exc.original)
    except HTTPException as exc:  # has no meaning here: a failure like any other
        return _failed(application, talk, exc)
    return NORMAL, ""


def _failed(
    application: Application, talk: Callable[..., Any], error: BaseException
) -> tuple[int, str]:
    if isinstance(error, WebSocketDisconnect):
        return NORMAL, ""
    if isinstance(error, WebSocketException):
        return error.code, error.reason
    application.report(error, talk)
    return SERVER_ERROR, USER_CODE_MESSAGE
