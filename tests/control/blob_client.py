"""Blobs as a client sees them: sent, cut off, asked about."""

from __future__ import annotations

import hashlib
import random
import socket
from typing import TYPE_CHECKING

from running_plane import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from running_plane import RunningPlane

MEBIBYTE = 1 << 20
BYTES = {"content-type": "application/octet-stream"}


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(
    plane: RunningPlane,
    content: bytes | Iterator[bytes],
    digest: str = "",
    **headers: str,
) -> httpx.Response:
    if isinstance(content, bytes):
        digest = digest or sha256(content)
    with plane.client() as client:
        path = f"/control/blobs/{digest}"
        response: httpx.Response = client.put(path, content=content, headers={**BYTES, **headers})
    return response


def head(plane: RunningPlane, digest: str) -> tuple[int, str]:
    with plane.client() as client:
        response = client.head(f"/control/blobs/{digest}")
    return response.status_code, response.headers["upload-offset"]


def missing(plane: RunningPlane, digests: list[str], *near: str) -> list[str]:
    response = plane.post("/control/blobs/missing", json={"blobs": digests, "near": list(near)})
    assert response.status_code == 200, response.text
    found: list[str] = response.json()["missing"]
    return found


def cut(plane: RunningPlane, digest: str, content: bytes, sent: int) -> None:
    """Announces a blob, sends some of it and hangs up."""
    with plane.client() as client:
        token = client.headers["authorization"]
    head = (
        f"PUT /control/blobs/{digest} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", plane.port)) as connection:
        try:
            connection.sendall(head.encode() + content[:sent])
        except OSError:
            assert plane.has_ended or until(lambda: plane.has_ended, "the end")
