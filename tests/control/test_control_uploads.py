"""Uploads of blobs: resumed, verified, bounded and collected."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import pytest
from blob_client import BYTES, MEBIBYTE, cut, head, missing, noise, put, sha256
from running_plane import model, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from running_plane import RunningPlane


@pytest.fixture(scope="module")
def plane(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return module_plane({"model/model.py": model("1")}).start("--blob-limit", str(8 * MEBIBYTE))


def test_an_upload_goes_on_where_it_wascut(plane: RunningPlane) -> None:
    content = noise(4 * MEBIBYTE, 11)
    digest = sha256(content)
    assert head(plane, digest) == (204, "0")
    cut(plane, digest, content, 3 * MEBIBYTE)
    sent = until(lambda: int(head(plane, digest)[1]), "the part that came")
    assert 0 < sent <= 3 * MEBIBYTE

    def gone_on() -> httpx.Response | None:
        _, offset = head(plane, digest)
        answer = put(plane, content[int(offset) :], digest, **{"upload-offset": offset})
        # Of what was cut more may have been written since.
        return None if answer.status_code == 409 else answer

    response = until(gone_on, "the end of what was cut")
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
    cut(plane, digest, content, len(content))
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
    cut(plane, sha256(content), content, len(content))
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


class Slow:
    """The body of an upload that stops after its first bytes until it may go on."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts
        self.began, self.may_end = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield self._parts[0]
        self.began.set()
        self.may_end.wait(30)
        yield self._parts[1]


def test_uploads_of_one_blob_follow_each_other(plane: RunningPlane) -> None:
    content = noise(2 * MEBIBYTE, 17)
    digest = sha256(content)
    wrong, right = Slow(content[:10], b"something else"), Slow(content[:10], content[10:])
    with ThreadPoolExecutor() as clients:
        first = clients.submit(put, plane, iter(wrong), digest)
        assert wrong.began.wait(30)
        second = clients.submit(put, plane, iter(right), digest)
        assert right.began.wait(30)
        head(plane, digest)  # by now both have arrived, and the second waits
        wrong.may_end.set()
        assert first.result().status_code == 422
        third = clients.submit(put, plane, content, digest)
        wait([third], timeout=0.5)  # it would need less, were it not for the second
        right.may_end.set()
        assert second.result().status_code == 201
        assert third.result().status_code == 200, "it finds the blob complete"


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
        (
            "PUT",
            f"/control/blobs/{'a' * 64}",
            {"content": b"x", "headers": {**BYTES, "upload-offset": b"\xb2"}},
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
