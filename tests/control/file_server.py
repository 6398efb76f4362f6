"""An HTTP server of files that can be told to misbehave, for downloads."""

from __future__ import annotations

import contextlib
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RANGE = re.compile(r"bytes=(\d+)-")


@dataclass
class FileServer:
    """`files` by path. `cut_after`: how many bytes of a body the next answers send before they hang
    up. `statuses`: what the next requests are answered with instead."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    etags: bool = True
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    sent: int = 0
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def etag(self, path: str) -> str:
        import hashlib

        return f'"{hashlib.sha256(self.files[path]).hexdigest()[:16]}"'


class _Handler(BaseHTTPRequestHandler):
    served: FileServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.served.asked.append(dict(self.headers.items()))
        path = self.path.partition("?")[0]
        if self.served.statuses:
            self._empty(self.served.statuses.pop(0))
        elif path in self.served.redirects:
            self._empty(302, {"Location": self.served.redirects[path]})
        elif path not in self.served.files:
            self._empty(404)
        elif self.served.etags and self.headers.get("If-None-Match") == self.served.etag(path):
            self._empty(304)
        else:
            self._file(path)

    def _empty(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _file(self, path: str) -> None:
        content, start = self.served.files[path], 0
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        current = self.served.etags and self.headers.get("If-Range") == self.served.etag(path)
        if asked and current:
            start = int(asked[1])
            self.send_response(206)
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
        else:
            self.send_response(200)
        if self.served.etags:
            self.send_header("ETag", self.served.etag(path))
        for name, value in self.served.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if self.served.cut_after:
            body = body[: self.served.cut_after.pop(0)]
            self.close_connection = True
        self.served.sent += len(body)
        with contextlib.suppress(OSError):
            self.wfile.write(body)


@contextlib.contextmanager
def file_server() -> Iterator[FileServer]:
    """A server on a free port of loopback, until the end of the block."""
    served = FileServer()
    handler = type("Handler", (_Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    served.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
