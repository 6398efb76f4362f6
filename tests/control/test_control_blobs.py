"""Blobs: contents that arrive apart from their patch, resumed, verified, bounded and collected."""

from __future__ import annotations

import hashlib
import json
import os
import random
import socket
from typing import TYPE_CHECKING, Any

import pytest
from running_plane import model, until

from truss_base.chunking import chunks_of
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from running_plane import RunningPlane

MEBIBYTE = 1 << 20
BYTES = {"content-type": "application/octet-stream"}
# Says what the data file holds: its size and its sum, which a wrong order of chunks changes.
READER = model(
    "self.said",
    load="import zlib; d = open(self.path, 'rb').read(); self.said = [len(d), zlib.crc32(d)]",
    more="    def __init__(self, **kwargs):\n"
    "        self.path = str(kwargs['data_dir'] / 'w.bin')\n        self.said = None\n",
)


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def said(content: bytes) -> list[int]:
    import zlib

    return [len(content), zlib.crc32(content)]


def put(plane: RunningPlane, content: bytes, digest: str = "", **headers: str) -> httpx.Response:
    with plane.client() as client:
        path = f"/control/blobs/{digest or sha256(content)}"
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


def with_chunks(body: dict[str, Any], file: Path) -> dict[str, Any]:
    chunks = [[chunk.digest, chunk.size] for chunk in chunks_of(file)]
    for patch in body["patches"]:
        if "blob" in patch["body"]:
            patch["body"]["blob"]["chunks"] = chunks
    return body


def test_a_large_data_file_arrives_as_a_blob(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": READER, "data/w.bin": b"small"}).start()
    assert plane.predict() == said(b"small")
    content = noise(3 * MEBIBYTE)
    plane.write({"data/w.bin": content})
    body = plane.patch_body()
    [patch] = body["patches"]
    assert patch["body"]["blob"] == {"sha256": sha256(content), "size": len(content), "chunks": []}
    assert patch["body"]["content"] is None

    refused = plane.post("/control/patch", json=body)
    assert (refused.status_code, refused.json()["type"]) == (409, "missing_blobs")
    assert refused.json()["missing"] == [sha256(content)]
    assert plane.predict() == said(b"small")

    assert missing(plane, [sha256(content)]) == [sha256(content)]
    assert put(plane, content).status_code == 201
    assert missing(plane, [sha256(content)]) == []
    assert plane.post("/control/patch", json=body).json()["hash"] == body["hash"]
    assert plane.predict() == said(content)
    assert (plane.state / "current/tree/data/w.bin").read_bytes() == content
    assert list((plane.state / "blobs").iterdir()) == [], "what was used is removed"


@pytest.mark.parametrize(
    "change",
    [
        lambda old: old[: 2 * MEBIBYTE] + noise(1000, 7) + old[2 * MEBIBYTE + 1000 :],
        lambda old: noise(1000, 7) + old,
        lambda old: old + noise(1000, 7),
        lambda old: old[:MEBIBYTE] + old[2 * MEBIBYTE :],
    ],
    ids=["changed in the middle", "inserted in front", "appended", "cut out"],
)
def test_of_a_changed_file_only_the_new_chunks_travel(
    new_plane: Callable[..., RunningPlane], change: Callable[[bytes], bytes]
) -> None:
    old = noise(5 * MEBIBYTE)
    plane = new_plane({"model/model.py": READER, "data/w.bin": old}).start()
    new = change(old)
    plane.write({"data/w.bin": new})
    file = plane.truss / "data/w.bin"
    chunks = list(chunks_of(file))
    wanted = set(missing(plane, [chunk.digest for chunk in chunks], "data/w.bin"))
    assert 0 < sum(c.size for c in chunks if c.digest in wanted) <= 3 * MEBIBYTE
    offset = 0
    for chunk in chunks:
        if chunk.digest in wanted:
            assert put(plane, new[offset : offset + chunk.size]).status_code in (200, 201)
        offset += chunk.size
    body = with_chunks(plane.patch_body(), file)
    answer = plane.post("/control/patch", json=body)
    assert (answer.status_code, answer.json().get("hash")) == (200, body["hash"]), answer.text
    assert plane.predict() == said(new)
    assert Signature.from_dict(plane.get("/control/signature").json()).hash == body["hash"]


def test_a_file_that_moved_is_not_sent_again(new_plane: Callable[..., RunningPlane]) -> None:
    content = noise(2 * MEBIBYTE)
    plane = new_plane({"model/model.py": READER, "data/old.bin": content}).start()
    (plane.truss / "data/old.bin").rename(plane.truss / "data/w.bin")
    before = (plane.state / "current/tree/data/old.bin").stat().st_ino
    assert missing(plane, [sha256(content)]) == []
    assert plane.post("/control/patch", json=plane.patch_body()).status_code == 200
    assert plane.predict() == said(content)
    assert (plane.state / "current/tree/data/w.bin").stat().st_ino == before


def test_a_large_binary_elsewhere_and_its_mode(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane({"model/model.py": model("1")}).start()
    for size, name in ((MEBIBYTE // 2, "small.so"), (2 * MEBIBYTE, "large.so")):
        content = b"\xff" + noise(size)
        plane.write({f"packages/{name}": content})
        (plane.truss / f"packages/{name}").chmod(0o755)
        assert put(plane, content).status_code == 201
        assert plane.post("/control/patch", json=plane.patch_body()).status_code == 200
        live = plane.state / f"current/tree/packages/{name}"
        assert live.read_bytes() == content
        assert live.stat().st_mode & 0o777 == 0o755


def test_python_code_as_a_blob_is_planned_by_its_content(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": model("1")}).start()
    code = model("2").encode()
    plane.write({"model/model.py": code})
    body = plane.patch_body()
    [patch] = body["patches"]
    patch["body"] = {"action": "UPDATE", "path": "model.py", "blob": sha256(code)}
    assert put(plane, code).status_code == 201
    answer = plane.post("/control/patch", json=body)
    assert answer.status_code == 200, answer.text
    assert "Model" in json.dumps(answer.json()["reasons"])
    assert plane.predict() == 2


# Uploads


@pytest.fixture(scope="module")
def plane(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return module_plane({"model/model.py": model("1")}).start("--blob-limit", str(8 * MEBIBYTE))


def test_an_upload_goes_on_where_it_was_cut(plane: RunningPlane) -> None:
    content = noise(4 * MEBIBYTE, 11)
    digest = sha256(content)
    assert head(plane, digest) == (204, "0")
    _cut(plane, digest, content, 3 * MEBIBYTE)
    sent = until(lambda: int(head(plane, digest)[1]), "the part that came")
    assert 0 < sent <= 3 * MEBIBYTE
    _, offset = head(plane, digest)
    response = put(plane, content[int(offset) :], digest, **{"upload-offset": offset})
    assert (response.status_code, response.json()) == (
        201,
        {"sha256": digest, "size": len(content)},
    )
    assert head(plane, digest) == (200, str(len(content)))


def test_an_upload_goes_on_after_the_plane_was_killed(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": model("1")})
    content = noise(4 * MEBIBYTE, 12)
    digest = sha256(content)
    plane.start(environment={"CONTROL_TRUSS_FAILPOINT": "blob.written"})
    _cut(plane, digest, content, len(content))
    until(lambda: plane.has_ended, "the end")
    plane.start()
    code, offset = head(plane, digest)
    assert code == 204
    assert MEBIBYTE <= int(offset) < len(content)
    rest = put(plane, content[int(offset) :], digest, **{"upload-offset": offset})
    assert rest.status_code == 201


@pytest.mark.parametrize("point", ["blob.synced", "blob.renamed"])
def test_killed_at_the_end_of_an_upload(new_plane: Callable[..., RunningPlane], point: str) -> None:
    plane = new_plane({"model/model.py": model("1")})
    content = noise(2 * MEBIBYTE, 13)
    plane.start(environment={"CONTROL_TRUSS_FAILPOINT": point})
    _cut(plane, sha256(content), content, len(content))
    until(lambda: plane.has_ended, "the end")
    plane.start()
    code, offset = head(plane, sha256(content))
    assert code in (200, 204)
    assert int(offset) == len(content)
    finished = put(plane, b"", sha256(content), **{"upload-offset": offset})
    assert finished.status_code in (200, 201)


def test_what_was_announced_otherwise_is_refused_and_forgotten(plane: RunningPlane) -> None:
    digest = sha256(b"right")
    response = put(plane, b"wrong", digest)
    assert (response.status_code, response.json()["type"]) == (422, "blob_mismatch")
    assert head(plane, digest) == (204, "0")
    assert missing(plane, [digest]) == [digest]


def test_an_upload_that_skips_bytes_is_refused(plane: RunningPlane) -> None:
    response = put(plane, b"end", sha256(b"begin end"), **{"upload-offset": "6"})
    assert (response.status_code, response.json()["type"]) == (409, "blob_offset")
    assert response.json()["offset"] == 0


@pytest.mark.parametrize("chunked", [False, True])
def test_a_blob_beyond_the_limit_is_refused(plane: RunningPlane, chunked: bool) -> None:
    size = 9 * MEBIBYTE
    with plane.client() as client:
        content: Any = (bytes(MEBIBYTE) for _ in range(9)) if chunked else bytes(size)
        response = client.put(f"/control/blobs/{'0' * 64}", content=content, headers=BYTES)
    assert (response.status_code, response.json()["type"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "kind"),
    [
        ("PUT", "/control/blobs/xyz", {"content": b"", "headers": BYTES}, 400, "invalid_request"),
        ("PUT", f"/control/blobs/{'A' * 64}", {"content": b""}, 400, "invalid_request"),
        (
            "PUT",
            f"/control/blobs/{'a' * 64}",
            {"content": b"x", "headers": {"content-type": "text/plain"}},
            415,
            "unsupported_media_type",
        ),
        (
            "PUT",
            f"/control/blobs/{'a' * 64}",
            {"content": b"x", "headers": {**BYTES, "upload-offset": "-1"}},
            400,
            "invalid_request",
        ),
        ("POST", "/control/blobs/missing", {"json": {"blobs": ["no"]}}, 400, "invalid_request"),
        ("POST", "/control/blobs/missing", {"json": 7}, 400, "invalid_request"),
        (
            "POST",
            "/control/blobs/missing",
            {"json": {"blobs": [], "near": [1]}},
            400,
            "invalid_request",
        ),
        ("POST", f"/control/blobs/{'a' * 64}", {"json": {}}, 405, "method_not_allowed"),
    ],
)
def test_requests_that_make_no_sense(
    plane: RunningPlane, method: str, path: str, options: Any, status: int, kind: str
) -> None:
    with plane.client() as client:
        response = client.request(method, path, **options)
    assert (response.status_code, response.json()["type"]) == (status, kind)


def test_paths_near_lead_nowhere_else(plane: RunningPlane) -> None:
    digest = sha256(b"anything")
    assert missing(plane, [digest], "../../token", "/etc/passwd", "data", "no/such") == [digest]


def test_blobs_nobody_used_are_removed_after_an_hour(plane: RunningPlane) -> None:
    old, new = b"unused", b"fresh"
    for content in (old, new):
        assert put(plane, content).status_code == 201
    os.utime(plane.state / "blobs" / sha256(old), (0, 0))
    assert missing(plane, [sha256(b"another"), sha256(new)]) == [sha256(b"another")]
    assert not (plane.state / "blobs" / sha256(old)).exists()


def test_a_dry_run_needs_no_blobs(plane: RunningPlane) -> None:
    plane.write({"data/w.bin": noise(MEBIBYTE)})
    answer = plane.post("/control/patch", json={**plane.patch_body(), "dry_run": True})
    assert (answer.status_code, answer.json().get("strategy")) == (200, "S2"), answer.text
    (plane.truss / "data/w.bin").unlink()


def _cut(plane: RunningPlane, digest: str, content: bytes, sent: int) -> None:
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
