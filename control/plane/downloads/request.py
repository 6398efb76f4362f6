"""One request for a file, or for the rest of one. Plain HTTP by the standard library."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from control.plane import VERSION
from control.plane.exceptions import DownloadFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

SILENCE_SECONDS = 30.0
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_CHECKSUM = re.compile(r"sha256[=:]([0-9a-fA-F]{64})")
_REPR_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]+):")
# Such an answer may be another one in a moment.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

# Not `build_opener`: that would open file: and ftp: URLs, also where a redirect leads to one.
_opener = urllib.request.OpenerDirector()
for _handler in (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPErrorProcessor,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.UnknownHandler,
):
    _opener.add_handler(_handler())


class Interrupted(Exception):
    """The connection or the server failed in a way that may pass; the message says how."""


@dataclass(frozen=True, slots=True)
class Validator:
    """What tells one version of a resource from another, as its server gave it."""

    etag: str | None = None
    modified: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Validator:
        """The validator in the headers of an answer."""
        return cls(headers.get("ETag"), headers.get("Last-Modified"))

    @property
    def strong(self) -> str | None:
        """What a range may be asked with: never a weak tag, which promises too little."""
        if self.etag is not None:
            return None if self.etag.startswith("W/") else self.etag
        return self.modified

    def conditions(self) -> dict[str, str]:
        """The headers that ask whether there is anything newer."""
        if self.etag is not None:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.modified} if self.modified else {}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer whose body is to be read: `start` is where its bytes belong in the file."""

    body: Any
    start: int
    size: int | None
    validator: Validator
    checksum: str | None


def ask(url: str, headers: Mapping[str, str], offset: int) -> Response | None:
    """The file from `offset` on, or from the beginning where the server wants that; None when it
    is what the conditions in `headers` say.

    Raises Interrupted, DownloadFailed.
    """
    if offset:
        headers = {**headers, "Range": f"bytes={offset}-"}
    fixed = {"User-Agent": f"control-truss/{VERSION}", "Accept-Encoding": "identity"}
    try:
        request = urllib.request.Request(without_fragment(url), headers={**fixed, **headers})
        answer = _opener.open(request, timeout=SILENCE_SECONDS)
    except urllib.error.HTTPError as error:
        return _refused(url, error, offset)
    except (OSError, HTTPException) as error:
        raise Interrupted(_said(error)) from error
    except ValueError as error:
        raise DownloadFailed(url, f"it is no URL of a download ({error})") from error
    return _response(url, answer, offset)


def shown(url: str) -> str:
    """A URL for people: signed ones carry secrets in their query, others before the host."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def without_fragment(url: str) -> str:
    """What a server is asked for."""
    return url.partition("#")[0]


def announced_checksum(url: str) -> str | None:
    """The checksum in a URL that ends with `#sha256=...`, as package indexes write it."""
    found = _CHECKSUM.search(urlsplit(url).fragment)
    return found[1].lower() if found else None


def _refused(url: str, error: urllib.error.HTTPError, offset: int) -> Response | None:
    with error:
        if error.code == 304:
            return None
        said = f"{error.code} {error.reason}"
        if error.code in _PASSING:
            raise Interrupted(said) from error
        if error.code == 416 and offset:
            # It has become shorter, or what is here is all of it: begin anew.
            return ask(url, {}, 0)
        raise DownloadFailed(url, said) from error


def _response(url: str, answer: Any, offset: int) -> Response:
    headers, length = answer.headers, answer.headers.get("Content-Length")
    size = int(length) if length is not None and length.isdigit() else None
    start = 0
    if answer.status == 206:
        found = _RANGE.match(headers.get("Content-Range", ""))
        if found is None or int(found[1]) != offset:
            answer.close()
            raise DownloadFailed(url, "the server answered another range than it was asked for")
        start = offset
        size = int(found[2]) if found[2] != "*" else None
    return Response(answer, start, size, Validator.of(headers), _stated_checksum(headers))


def _stated_checksum(headers: Mapping[str, str]) -> str | None:
    """The sha256 of the whole file where the server says it (RFC 9530)."""
    found = _REPR_DIGEST.search(headers.get("Repr-Digest", ""))
    if found is None:
        return None
    try:
        return base64.b64decode(found[1], validate=True).hex()
    except binascii.Error:
        return None


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason) or type(error).__name__
