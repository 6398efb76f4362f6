"""A client's bytes become requests."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import httptools

from control.plane.exceptions import MalformedRequest
from control.plane.proxy.head import read_request

if TYPE_CHECKING:
    from control.plane.proxy.head import Header
    from control.plane.proxy.request import Request

# As nginx and h11 bound it, with room for large cookies and tokens.
HEAD_LIMIT = 64 * 1024
INVALID = "This is no valid HTTP request"


class RequestParser:
    """Requests appear in `arrived`, in order, as soon as their heads are complete; their bodies
    follow. `in_head`: a head has begun that is not complete.
    """

    __slots__ = ("_barren", "_headers", "_parser", "_request", "_url", "arrived", "in_head")

    def __init__(self) -> None:
        self._parser = self._new_parser()
        self._request: Request | None = None
        self._url = b""
        self._headers: list[Header] = []
        # Bytes since something was understood: bounds heads, trailers and chunk extensions alike.
        self._barren = 0
        self.in_head = False
        self.arrived: deque[Request] = deque()

    def feed(self, data: bytes) -> None:
        """Takes what has arrived.

        Raises:
            MalformedRequest: nothing that follows can be understood.
        """
        self._barren += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._after_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, MalformedRequest):
                raise error.__context__ from None
            raise
        except httptools.HttpParserError as error:
            raise MalformedRequest(400, f"{INVALID}: {error}.") from None
        if self._barren > HEAD_LIMIT:
            raise _too_large()

    def _after_upgrade(self, rest: bytes) -> None:
        """The parser has stopped: it takes what follows for another protocol."""
        request = self._request
        if request is None or not request.websocket:
            # An upgrade we do not offer (h2c) is an ordinary request, and so is what follows it.
            self._parser = self._new_parser()
            if rest:
                self.feed(rest)
        elif rest:
            if self.arrived and self.arrived[-1] is request:
                self.arrived.pop()
            raise MalformedRequest(400, f"{INVALID}: data before the websocket is open.")

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # A request with `Connection: close` is answered; what follows it is nobody's business.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self._url, self._headers, self._barren = b"", [], 0
        self.in_head = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.in_head = False
        parser = self._parser
        request = read_request(
            parser.get_method(), self._url, parser.get_http_version(), self._headers
        )
        # One read may bring a whole head that is too large.
        if len(request.parts[0]) > HEAD_LIMIT:
            raise _too_large()
        self._request, self._barren = request, 0
        self.arrived.append(request)

    def on_body(self, body: bytes) -> None:
        assert self._request is not None, "a body follows a head"
        self._barren = 0
        self._request.add(body)

    def on_message_complete(self) -> None:
        assert self._request is not None, "an end follows a head"
        self._request.finish()


def _too_large() -> MalformedRequest:
    return MalformedRequest(431, f"The request's head has more than {HEAD_LIMIT} bytes.")
