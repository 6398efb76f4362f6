"""What user code may use of starlette, which fastapi hands on: it is imported for those who do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .imported import imported, is_a

if TYPE_CHECKING:
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.types import Receive, Scope
    from typing_extensions import TypeGuard

_FINAL = range(200, 1000)


def is_response(value: Any) -> bool:
    """Whether the model has made its answer itself."""
    return is_a(value, "starlette.responses", "Response")


def is_http_error(error: BaseException) -> TypeGuard[HTTPException]:
    """Whether user code has chosen its own answer by raising. Below 200 a status is none: the
    client would go on waiting."""
    is_raised = is_a(error, "starlette.exceptions", "HTTPException")
    return is_raised and getattr(error, "status_code", 0) in _FINAL


def header_error(error: HTTPException) -> ValueError | None:
    """Why the headers of such an exception cannot be sent, if they cannot."""
    for name, value in (getattr(error, "headers", None) or {}).items():
        try:
            f"{name}{value}".encode("latin-1")
        except UnicodeEncodeError:
            text = f"the header {name!r} of an HTTPException is no Latin-1 text: {str(value)!r}"
            return ValueError(text).with_traceback(error.__traceback__)
    return None


def is_request_class(annotation: Any) -> bool:
    """Whether it names the class of the requests that `new_request` makes."""
    request = imported("starlette.requests", "Request")
    return request is not None and isinstance(annotation, type) and issubclass(annotation, request)


def new_request(scope: Scope, receive: Receive) -> Request:
    """The request as user code sees it."""
    from starlette.requests import Request

    return Request(scope, receive)


def prepare_requests() -> None:
    """Imports what the first request would otherwise wait for."""
    import starlette.requests  # noqa: F401  # for its effect
