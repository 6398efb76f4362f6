"""Reads one response from bytes that come in any pieces. Pure."""

from __future__ import annotations

from collections import deque

import httptools

from truss_handle.http.messages import Head

HEAD_LIMIT = 64 * 1024  # bytes, interim responses (1xx) included; the control plane's own limit
_FIRST_FINAL_STATUS = 200


class Garbled(Exception):
    """What came is no HTTP, or more of a head than anybody needs."""


class ResponseParser:
    """One response: `head` once it is complete, then pieces of the body, then `is_complete`."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self.is_begun = False
        self.is_complete = False
        self.buffered = 0
        self._pieces: deque[bytes] = deque()
        self._headers: dict[str, str] = {}
        self._keep_alive = False
        self._surplus = False
        self._read = 0
        self._parser = httptools.HttpResponseParser(self)

    @property
    def leaves_connection(self) -> bool:
        """Whether another response may follow on the same connection."""
        return self.is_complete and self._keep_alive and not self._surplus

    def feed(self, data: bytes) -> None:
        """The next bytes. Raises Garbled."""
        if self.is_complete:
            self._surplus = True
            return
        self.is_begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._surplus = True
            if not self.is_complete:
                raise Garbled(f"it answered what is no HTTP ({error})") from error
        self._read += len(data)
        if self.head is None and self._read > HEAD_LIMIT:
            raise Garbled(f"the head of its answer is longer than {HEAD_LIMIT // 1024} KiB")

    def end(self) -> None:
        """No more bytes will come; for a body without a length that is its end."""
        if self.head is not None and not self._has_length(self.head):
            self.is_complete = True

    def take(self) -> bytes:
        """What has come of the body since it was taken last; b"" where nothing has."""
        found = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self.buffered = 0
        return found

    @staticmethod
    def _has_length(head: Head) -> bool:
        coding = head.headers.get("transfer-encoding", "")
        return "content-length" in head.headers or coding.lower().endswith("chunked")

    # httptools' callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head is None:  # else a trailer
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            known = self._headers.get(key)
            self._headers[key] = text if known is None else f"{known}, {text}"

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= _FIRST_FINAL_STATUS and not self.is_complete:
            self.head = Head(status, self._headers)

    def on_body(self, body: bytes) -> None:
        if not self.is_complete:
            self._pieces.append(body)
            self.buffered += len(body)

    def on_message_begin(self) -> None:
        if self.is_complete:
            self._surplus = True

    def on_message_complete(self) -> None:
        if self.head is None:
            self._headers = {}  # an interim response; the one that counts follows
        elif not self.is_complete:
            self.is_complete = True
            self._keep_alive = self._parser.should_keep_alive()
