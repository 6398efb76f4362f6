"""Who may call `/control/*`: pure decisions over the request's headers.

The patch API runs code by design, so the token is the boundary. The other checks keep a web page
that a developer happens to visit from reaching it at all (DNS rebinding, drive-by requests).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from control.plane.exceptions import (
    Forbidden,
    Problem,
    Unauthorized,
    UnsupportedMediaType,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
MINIMUM_TOKEN_LENGTH = 16
DIGEST = re.compile(rb"sha256:([0-9a-f]{64})")


def digest_of(token: bytes) -> bytes:
    """What the guard compares with: it has no need of the token itself."""
    return hashlib.sha256(token).digest()


def read_token_digest(path: Path) -> bytes:
    """The digest of the token in `path`, which holds the token or `sha256:` and its digest.

    The digest serves where the model could read the file too: from it nobody learns the token.

    Raises:
        UsageError: the file is missing, open to other users, or holds no usable token.
    """
    try:
        mode = path.stat().st_mode
        content = path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"The token file {path} cannot be read: {error.strerror}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"Other users can read the token file {path}; run: chmod 600 {path}")
    if digest := DIGEST.fullmatch(content):
        return bytes.fromhex(digest[1].decode())
    if len(content) < MINIMUM_TOKEN_LENGTH:
        raise UsageError(
            f"The token in {path} is shorter than {MINIMUM_TOKEN_LENGTH} characters; "
            "write 32 random bytes in hexadecimal."
        )
    return digest_of(content)


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules for `/control/*`. `token_digest=None`: no token is asked for (loopback only)."""

    token_digest: bytes | None
    hosts: frozenset[str]

    @classmethod
    def of(cls, token_digest: bytes | None, names: Iterable[str] = ()) -> Guard:
        """A guard that answers to the loopback names and to `names`."""
        return cls(token_digest, LOOPBACK_NAMES | {name.lower() for name in names})

    def refusal(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> Problem | None:
        """Why a request with these (lower-case) headers is refused, or None."""
        given = dict(headers)
        return self._origin(given) or self._token(given) or self._content_type(method, given)

    def _origin(self, given: dict[bytes, bytes]) -> Problem | None:
        if b"origin" in given or given.get(b"sec-fetch-site", b"none") != b"none":
            return Forbidden("Requests from web pages are refused; call the API from a program.")
        host = _name(given.get(b"host", b"").decode("latin-1"))
        if host not in self.hosts:
            return Forbidden(
                f"Host {host!r} is not a name of this server; "
                "use 127.0.0.1, or start it with --allow-host."
            )
        return None

    def _token(self, given: dict[bytes, bytes]) -> Problem | None:
        if self.token_digest is None:
            return None
        scheme, _, token = given.get(b"authorization", b"").partition(b" ")
        given_digest = digest_of(token.strip())
        if scheme.lower() == b"bearer" and hmac.compare_digest(given_digest, self.token_digest):
            return None
        return Unauthorized("Send the token of this container as 'Authorization: Bearer <token>'.")

    def _content_type(self, method: str, given: dict[bytes, bytes]) -> Problem | None:
        # A form or plain text can be posted by any page without a preflight; JSON cannot.
        has_body = given.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in given
        media_type = given.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if method == "GET" or not has_body or media_type == b"application/json":
            return None
        # Nor can anything be PUT without one: blobs are plain bytes.
        if method == "PUT" and media_type == b"application/octet-stream":
            return None
        return UnsupportedMediaType("Send the body as 'Content-Type: application/json'.")


def _name(host: str) -> str:
    """`Host` without its port; an IPv6 address keeps its brackets."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
