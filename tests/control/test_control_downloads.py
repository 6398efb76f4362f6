"""Downloads: resumed, verified, kept by their URLs."""

from __future__ import annotations

import base64
import hashlib
import random
import shutil
import threading
import time
from typing import TYPE_CHECKING

import pytest
from file_server import FileServer, file_server

from control.plane.downloads.store import DownloadStore, Limits
from control.plane.exceptions import DownloadFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEBIBYTE = 1 << 20


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as served:
        yield served


@pytest.fixture
def store(tmp_path: Path) -> DownloadStore:
    return DownloadStore(tmp_path / "downloads")


def limits(seconds: float = 60.0) -> Limits:
    return Limits(time.monotonic() + seconds, threading.Event())


def fetch(store: DownloadStore, url: str, told: list[str] | None = None) -> bytes:
    return store.fetch(url, limits(), [].append if told is None else told.append).read_bytes()


def noise(size: int) -> bytes:
    return random.Random(5).randbytes(size)


def test_a_file_is_fetched_once_and_then_only_asked_about(
    server: FileServer, store: DownloadStore
) -> None:
    server.files["/a"] = noise(MEBIBYTE)
    for _ in range(3):
        assert fetch(store, server.url("/a")) == server.files["/a"]
    assert server.sent == MEBIBYTE
    server.files["/a"] = b"newer"
    assert fetch(store, server.url("/a")) == b"newer"


def test_a_download_goes_on_where_it_was_cut(server: FileServer, store: DownloadStore) -> None:
    server.files["/a"] = noise(4 * MEBIBYTE)
    server.cut_after = [MEBIBYTE, 2 * MEBIBYTE]
    told: list[str] = []
    assert fetch(store, server.url("/a"), told) == server.files["/a"]
    assert server.sent == len(server.files["/a"]), "not a byte came twice"
    assert "the connection ended after 1048576 of 4194304 bytes" in told[0]


def test_the_next_attempt_goes_on_as_well(server: FileServer, store: DownloadStore) -> None:
    server.files["/a"] = noise(2 * MEBIBYTE)
    server.cut_after = [MEBIBYTE]
    gone = limits()

    def give_up(_message: str) -> None:
        gone.cancelled.set()

    with pytest.raises(DownloadFailed, match="given up"):
        store.fetch(server.url("/a"), gone, give_up)
    assert store.find(server.url("/a")) is None
    assert fetch(store, server.url("/a")) == server.files["/a"]
    assert server.sent == 2 * MEBIBYTE


def test_a_file_that_changed_meanwhile_begins_anew(
    server: FileServer, store: DownloadStore
) -> None:
    server.files["/a"] = b"a" * MEBIBYTE
    server.cut_after = [1000]
    changed = threading.Event()

    def change(_message: str) -> None:
        server.files["/a"] = b"b" * MEBIBYTE
        changed.set()

    path = store.fetch(server.url("/a"), limits(), change)
    assert changed.is_set()
    assert path.read_bytes() == b"b" * MEBIBYTE


def test_without_anything_to_tell_versions_apart_it_begins_anew(
    server: FileServer, store: DownloadStore
) -> None:
    server.files["/a"], server.etags = noise(MEBIBYTE), False
    server.cut_after = [1000]
    assert fetch(store, server.url("/a")) == server.files["/a"]
    assert "Range" not in server.asked[-1]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_pass_is_waited_for(server: FileServer, store: DownloadStore, status: int) -> None:
    server.files["/a"], server.statuses = b"a", [status]
    assert fetch(store, server.url("/a")) == b"a"


@pytest.mark.parametrize(
    ("status", "said"), [(404, "404 Not Found"), (403, "403 Forbidden"), (410, "410 Gone")]
)
def test_what_does_not_pass_is_told_with_the_url(
    server: FileServer, store: DownloadStore, status: int, said: str
) -> None:
    server.statuses = [status]
    with pytest.raises(DownloadFailed, match=f"127.0.0.1:{server.port}/a could not .*{said}"):
        fetch(store, server.url("/a"))
    assert len(server.asked) == 1


def test_secrets_in_a_url_are_not_told(server: FileServer, store: DownloadStore) -> None:
    url = f"http://user:password@127.0.0.1:{server.port}/a?signature=secret"
    with pytest.raises(DownloadFailed) as failure:
        fetch(store, url)
    assert "secret" not in str(failure.value)
    assert "password" not in str(failure.value)


@pytest.mark.parametrize("where", ["fragment", "header"])
def test_a_checksum_is_compared(server: FileServer, store: DownloadStore, where: str) -> None:
    right, wrong = hashlib.sha256(b"right").digest(), hashlib.sha256(b"other").digest()

    def url(digest: bytes) -> str:
        if where == "fragment":
            return f"{server.url('/a')}#sha256={digest.hex()}"
        server.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
        return server.url("/a")

    server.files["/a"] = b"right"
    with pytest.raises(DownloadFailed, match="it hashes to"):
        fetch(store, url(wrong))
    assert fetch(store, url(right)) == b"right"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "nonsense", "http://"])
def test_only_http_is_spoken(store: DownloadStore, url: str) -> None:
    with pytest.raises(DownloadFailed):
        fetch(store, url)


def test_redirects_are_followed_but_not_to_files(server: FileServer, store: DownloadStore) -> None:
    server.files["/a"] = b"a"
    server.redirects = {"/there": "/a", "/out": "file:///etc/passwd"}
    assert fetch(store, server.url("/there")) == b"a"
    with pytest.raises(DownloadFailed):
        fetch(store, server.url("/out"))


def test_a_download_ends_when_its_time_is_up(server: FileServer, store: DownloadStore) -> None:
    with pytest.raises(DownloadFailed, match="time was up"):
        store.fetch(server.url("/a"), limits(seconds=-1), print)


def test_a_download_never_fills_the_disk(
    server: FileServer, store: DownloadStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.files["/a"] = noise(MEBIBYTE)
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr("control.plane.downloads.store.RESERVE", 2 * free)
    with pytest.raises(DownloadFailed, match="the disk has no room"):
        fetch(store, server.url("/a"))
    assert list(tmp_path.rglob("part")) == []


def test_what_nobody_declares_is_removed(server: FileServer, store: DownloadStore) -> None:
    server.files |= {"/a": b"a", "/b": b"b"}
    for path in ("/a", "/b"):
        fetch(store, server.url(path))
    store.collect([server.url("/b")])
    assert store.find(server.url("/a")) is None
    assert store.find(server.url("/b")) is not None
