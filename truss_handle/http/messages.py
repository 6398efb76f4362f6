"""What is asked for, and how the answer to it begins. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

# What RFC 3986 allows in a path and a query, and the sign of what is quoted already.
_TARGET = "/?:@!$&'()*+,;=-._~%"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` may carry a query; what no path may hold is quoted."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_idempotent(self) -> bool:
        """Whether sending it a second time changes nothing (RFC 9110, 9.2.2)."""
        return self.method == "GET"

    def to_bytes(self, host: str) -> bytes:
        """As it travels."""
        # No encoding is asked for: on loopback, packing takes longer than travelling.
        lines = [
            f"{self.method} {_target(self.path)} HTTP/1.1",
            f"Host: {host}",
            "User-Agent: control-truss",
            "Accept-Encoding: identity",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if self.body or self.method == "POST":
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def json_request(path: str, value: Any, headers: Mapping[str, str]) -> Request:
    """A POST of a JSON value. Raises TypeError and ValueError for what is none."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    given = {**headers, "Content-Type": "application/json"}
    return Request("POST", path, given, text.encode())


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a response. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]


def _target(path: str) -> str:
    return quote(f"/{path.lstrip('/')}".partition("#")[0], safe=_TARGET)
