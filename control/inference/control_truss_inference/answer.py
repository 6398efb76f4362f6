"""An answer that the server writes itself: a status, headers and a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

WITHOUT_BODY = (204, 304)  # an HTTPException of the user's may name either


class Answer:
    """Called as the Response is that user code may return in its place.

    `headers` are added to the length and the type of the body, or replace them.
    """

    def __init__(
        self,
        body: bytes,
        media_type: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.body = b"" if status in WITHOUT_BODY else body
        self._headers = {"content-type": media_type}
        if status not in WITHOUT_BODY:
            self._headers["content-length"] = str(len(body))
        for name, value in (headers or {}).items():
            self._headers[name.lower()] = str(value)  # `Retry-After: 5` may be given as a number

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in self._headers.items()
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
