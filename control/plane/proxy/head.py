"""Which headers cross the proxy, and heads as bytes. Pure functions.

httptools has refused what is ambiguous in the bytes (bare LF, folded headers, a length beside
chunks, two lengths) before anything here is asked; what it lets pass and we do not is refused here.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import httptools

from control.plane.exceptions import MalformedRequest
from control.plane.proxy.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Header = tuple[bytes, bytes]
    Noted = Mapping[bytes, list[bytes]]

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
# Looked at one by one in a request; every other header crosses as it came.
NOTED = HOP_BY_HOP | {b"host", b"content-length", b"expect"}
# What a `Connection` header may name without taking it away: what it says about the connection
# itself, and the header without which nobody would know where the body ends.
OPTIONS = frozenset({b"close", b"keep-alive", b"upgrade", b"te", b"content-length"})
# Joined to what stands before it, and ended.
BLANK_LINE = (b"", b"")
NO_TOKENS: frozenset[bytes] = frozenset()
# A number: asked for a piece of bytes, `in` raises and drops an exception before it looks.
PERCENT = ord("%")
VERSIONS = frozenset({"1.0", "1.1"})


class Framing(Enum):
    """How the client learns where an answer ends."""

    NONE = "it has no body"
    LENGTH = "by its announced length"
    CHUNKED = "by its last chunk"
    CLOSE = "by the end of the connection"


def read_request(method: bytes, url: bytes, version: str, headers: Iterable[Header]) -> Request:
    """The request with its head as it goes to a backend.

    Raises:
        MalformedRequest: it cannot be passed on without guessing what was meant.
    """
    if version not in VERSIONS:
        raise MalformedRequest(505, f"HTTP/{version} is not spoken here; use HTTP/1.1.")
    noted: dict[bytes, list[bytes]] = {}
    kept: list[Header] = []
    for header in headers:
        name = header[0].lower()
        if name in NOTED:
            noted.setdefault(name, []).append(header[1])
        else:
            kept.append(header)
    target, authority = _origin_form(url)
    tokens = _tokens(noted)
    chunked = _is_chunked(noted, version)
    websocket = method == b"GET" and b"upgrade" in tokens and _asks_for_websocket(noted)
    lines = [b"%b %b HTTP/1.1" % (method, target), b"host: " + _host(noted, version, authority)]
    lines += map(b": ".join, _end_to_end(kept, tokens))
    lines += _framing_lines(noted, chunked=chunked, websocket=websocket)
    lines += BLANK_LINE
    return Request(
        method=method,
        path=_decoded_path(target),
        parts=[b"\r\n".join(lines)],
        chunked=chunked,
        websocket=websocket,
        expects_continue=b"expect" in noted,
        is_http_10=version == "1.0",
        # HTTP/1.0 clients that want to keep the connection are so rare that they may connect again,
        # and after a websocket nobody knows whether what follows is a request.
        closes=version == "1.0" or b"close" in tokens or websocket,
    )


def response_head(
    status: int, reason: bytes, headers: Iterable[Header], request: Request, *, closes: bool
) -> tuple[bytes, Framing]:
    """The head of an answer for the client of `request`, and how its body is framed."""
    noted: dict[bytes, list[bytes]] = {}
    kept: list[Header] = []
    framing = Framing.CLOSE if request.is_http_10 else Framing.CHUNKED
    for header in headers:
        name = header[0].lower()
        if name in HOP_BY_HOP:
            noted.setdefault(name, []).append(header[1])
            continue
        if name == b"content-length":
            framing = Framing.LENGTH
        kept.append(header)
    if is_bodiless(request.method, status):
        framing = Framing.NONE
    lines = [b"HTTP/1.1 %d %b" % (status, reason)]
    lines += map(b": ".join, _end_to_end(kept, _tokens(noted)))
    if status == 101:
        lines += [b"connection: upgrade", b"upgrade: websocket"]
    elif framing is Framing.CHUNKED:
        lines.append(b"transfer-encoding: chunked")
    if closes:
        lines.append(b"connection: close")
    lines += BLANK_LINE
    return b"\r\n".join(lines), framing


def is_bodiless(method: bytes, status: int) -> bool:
    """Whether an answer has no body, whatever its headers announce."""
    return method == b"HEAD" or status in (204, 304) or status < 200


def _origin_form(url: bytes) -> tuple[bytes, bytes | None]:
    """The target as a server expects it, and the authority where the client named one."""
    if url.startswith(b"/"):
        return url, None
    try:
        parsed = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:
        parsed = None
    if parsed is None or parsed.schema is None or parsed.host is None:
        raise MalformedRequest(400, "The request's target is no path; ask for /...")
    target = (parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")
    return target, parsed.host + (b":%d" % parsed.port if parsed.port else b"")


def _host(noted: Noted, version: str, authority: bytes | None) -> bytes:
    given = noted.get(b"host", [])
    if len(given) > 1:
        raise MalformedRequest(400, "The request has more than one Host.")
    if not given and version == "1.1":
        raise MalformedRequest(400, "The request has no Host.")
    # RFC 9112, 3.2.2: the target's authority overrules the header.
    return authority or (given[0] if given else b"localhost")


def _is_chunked(noted: Noted, version: str) -> bool:
    codings = noted.get(b"transfer-encoding")
    if codings is None:
        return False
    if version == "1.0":
        raise MalformedRequest(400, "HTTP/1.0 has no Transfer-Encoding.")
    if [coding.lower() for coding in codings] != [b"chunked"]:
        raise MalformedRequest(501, "The only Transfer-Encoding served is 'chunked'.")
    return True


def _asks_for_websocket(noted: Noted) -> bool:
    has_body = b"transfer-encoding" in noted or noted.get(b"content-length", [b"0"]) != [b"0"]
    return [value.lower() for value in noted.get(b"upgrade", [])] == [b"websocket"] and not has_body


def _framing_lines(noted: Noted, *, chunked: bool, websocket: bool) -> list[bytes]:
    lines = [b"content-length: " + length for length in noted.get(b"content-length", [])]
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    if websocket:
        lines += [b"connection: upgrade", b"upgrade: websocket"]
    if b"expect" in noted:
        lines += [b"expect: " + value for value in noted[b"expect"]]
    return lines


def _tokens(noted: Noted) -> frozenset[bytes]:
    """What the `Connection` headers say, in lower case."""
    given = noted.get(b"connection")
    if given is None:
        return NO_TOKENS
    return frozenset(token.strip().lower() for value in given for token in value.split(b","))


def _end_to_end(headers: list[Header], tokens: frozenset[bytes]) -> list[Header]:
    """Without the headers that `Connection` declares to be hop-by-hop."""
    if not tokens:
        return headers
    named = tokens - OPTIONS
    return [header for header in headers if header[0].lower() not in named] if named else headers


def _decoded_path(target: bytes) -> bytes:
    path = target.partition(b"?")[0]
    return unquote_to_bytes(path) if PERCENT in path else path
