"""Which headers cross the proxy, and the request's head as bytes. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Header = tuple[bytes, bytes]

# RFC 9110, 7.6.1: these speak of one connection, not of the message.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# The server in front has already answered it when the body arrives here.
REQUEST_ONLY = HOP_BY_HOP | {b"expect"}
WEBSOCKET_ONLY = REQUEST_ONLY | {
    b"sec-websocket-accept",
    b"sec-websocket-extensions",
    b"sec-websocket-key",
    b"sec-websocket-protocol",
    b"sec-websocket-version",
}


def request_head(scope: Mapping[str, Any], *, chunked: bool) -> bytes:
    """The request line and headers for the inference server, with the blank line."""
    headers: list[Header] = scope["headers"]
    dropped = REQUEST_ONLY | named_by_connection(headers)
    lines = [scope["method"].encode("ascii") + b" " + target(scope) + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in headers if name not in dropped]
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def target(scope: Mapping[str, Any]) -> bytes:
    """Path and query exactly as the client wrote them."""
    raw_path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return raw_path + b"?" + query if query else raw_path


def end_to_end(headers: Iterable[Header], dropped: frozenset[bytes] = HOP_BY_HOP) -> list[Header]:
    """The headers that cross the proxy. Names must be in lower case."""
    kept = list(headers)
    unwanted = dropped | named_by_connection(kept)
    return [header for header in kept if header[0] not in unwanted]


def named_by_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    """Header names that the `Connection` header declares to be hop-by-hop."""
    names = [
        token.strip().lower()
        for name, value in headers
        if name == b"connection"
        for token in value.split(b",")
    ]
    return frozenset(names)


def is_chunked(scope: Mapping[str, Any]) -> bool:
    """Whether the request's body comes in chunks of unknown number."""
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])
