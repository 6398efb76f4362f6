"""The answers to failures: one shape, one table of status codes."""

from __future__ import annotations

import json
from typing import Any, Mapping

from .answer import Answer
from .exceptions import (
    ClientDisconnected,
    InputError,
    MethodNotImplemented,
    ModelDefinitionError,
    ModelNotReady,
    UserCodeError,
)
from .framework import is_http_error

SOURCE_HEADER = "X-BASETEN-ERROR-SOURCE"
CODE_HEADER = "X-BASETEN-ERROR-CODE"
ERROR_ID_HEADER = "X-Control-Truss-Error-Id"
SOURCE = "04"
SERVER_FAULT, MODEL_FAULT, CLIENT_FAULT = "500", "600", "700"
USER_CODE_MESSAGE = "Internal Server Error (in model/chainlet)."

STATUS = {
    ModelNotReady: (503, MODEL_FAULT),
    InputError: (400, CLIENT_FAULT),
    ModelDefinitionError: (412, MODEL_FAULT),
    MethodNotImplemented: (404, CLIENT_FAULT),
    ClientDisconnected: (499, CLIENT_FAULT),
}


def error_response(
    status: int,
    detail: Any,
    code: str,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    body = json.dumps({"error": detail}, default=str).encode()
    return Answer(body, "application/json", status, {**(headers or {}), **marks(code)})


def marks(code: str) -> dict[str, str]:
    """The headers by which an answer says whose fault it reports."""
    return {SOURCE_HEADER: SOURCE, CODE_HEADER: code}


def response_for(error: BaseException, error_id: str | None) -> Answer:
    """The answer to an exception; `error_id` names the report the developer can look up."""
    if is_http_error(error):
        headers = getattr(error, "headers", None)
        return error_response(error.status_code, error.detail, MODEL_FAULT, headers)
    named = {ERROR_ID_HEADER: error_id} if error_id else None
    if isinstance(error, UserCodeError):
        return error_response(500, USER_CODE_MESSAGE, MODEL_FAULT, named)
    for kind, (status, code) in STATUS.items():
        if isinstance(error, kind):
            return error_response(status, str(error), code, named)
    text = f"Unhandled exception: {type(error).__name__}: {error}"
    return error_response(500, text, SERVER_FAULT, named)
