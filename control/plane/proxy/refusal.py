"""Answers that the proxy gives in the model's place."""

from __future__ import annotations

import json
from http import HTTPStatus

KINDS = {503: b"unavailable", 502: b"lost"}


def refusal(status: int, reason: str, *, with_body: bool, closes: bool) -> bytes:
    """The whole answer; `with_body=False` answers HEAD."""
    body = json.dumps({"error": reason}).encode()
    lines = [
        b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()),
        b"content-type: application/json",
        b"content-length: %d" % len(body),
    ]
    if status in KINDS:
        lines.append(b"x-control-truss-error: " + KINDS[status])
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        lines.append(b"retry-after: 1")
    if closes:
        lines.append(b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body if with_body else b"")
