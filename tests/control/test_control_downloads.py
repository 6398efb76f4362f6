"""`external_data`: fetched into the release, resumed, verified, kept, never half."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import threading
import time
from typing import TYPE_CHECKING

import pytest
from file_server import FileServer, file_server
from running_plane import CONFIG, model, until

from control.plane.downloads.store import DownloadStore, Limits
from control.plane.exceptions import DownloadFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from running_plane import RunningPlane

MEBIBYTE = 1 << 20
READER = model(
    "self.said",
    load="self.said = [p.read_text() for p in sorted(self.data.rglob('*.txt'))]",
    more="    def __init__(self, **kwargs):\n        self.data = kwargs['data_dir']\n",
)


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


# The store


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


def test_what_nobody_declares_is_removed(server: FileServer, store: DownloadStore) -> None:
    server.files |= {"/a": b"a", "/b": b"b"}
    for path in ("/a", "/b"):
        fetch(store, server.url(path))
    store.collect([server.url("/b")])
    assert store.find(server.url("/a")) is None
    assert store.find(server.url("/b")) is not None


# In a running plane


def declaring(**files: str) -> str:
    items = [{"url": url, "local_data_path": f"{name}.txt"} for name, url in files.items()]
    return f"{CONFIG}external_data: {json.dumps(items)}\n"


def test_it_is_there_before_the_first_load(
    new_plane: Callable[..., RunningPlane], server: FileServer
) -> None:
    server.files["/a"] = b"first"
    plane = new_plane({"model/model.py": READER})
    plane.write({"config.yaml": declaring(a=server.url("/a"))})
    plane.start()
    assert plane.predict() == ["first"]
    before = server.sent
    plane.kill()
    assert plane.start().predict() == ["first"]
    assert server.sent == before


def test_items_come_change_and_go_by_patches(
    new_plane: Callable[..., RunningPlane], server: FileServer
) -> None:
    server.files |= {"/a": b"a", "/b": b"b"}
    plane = new_plane({"model/model.py": READER}).start()
    added = plane.patch({"config.yaml": declaring(a=server.url("/a"))})
    assert (added.status_code, added.json().get("strategy")) == (200, "S2"), added.text
    assert "download" in added.json()["timings_ms"]
    assert plane.predict() == ["a"]
    sent = server.sent
    assert plane.patch(
        {"config.yaml": declaring(a=server.url("/a"), b=server.url("/b"))}
    ).is_success
    assert plane.predict() == ["a", "b"]
    assert server.sent == sent + 1, "what was there is not fetched again"
    assert plane.patch({"model/model.py": READER + "# a comment\n"}).is_success
    assert plane.patch({"config.yaml": declaring(b=server.url("/b"))}).is_success
    assert plane.predict() == ["b"]
    assert server.sent == sent + 1
    # The tree that is hashed is the Truss's own.
    signed = plane.get("/control/signature").json()["content_hashes_by_path"]
    assert sorted(signed) == ["config.yaml", "model/model.py"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "/missing"}, "/missing could not be downloaded: 404 Not Found"),
        ({"backend": "s3"}, "backend 's3' is not known"),
        ({"local_data_path": "own.txt/below"}, "below"),
    ],
)
def test_what_cannot_be_had_leaves_the_old_version(
    new_plane: Callable[..., RunningPlane],
    server: FileServer,
    change: dict[str, str],
    said: str,
) -> None:
    server.files["/a"] = b"a"
    plane = new_plane({"model/model.py": READER, "data/own.txt": "own"}).start()
    before = plane.hash()
    item = {"url": "/a", "local_data_path": "a.txt", **change}
    item["url"] = server.url(item["url"])
    refused = plane.patch({"config.yaml": f"{CONFIG}external_data: {json.dumps([item])}\n"})
    assert refused.status_code in (409, 422)
    assert said in refused.json()["detail"]
    if "url" in change:
        assert refused.json()["type"] == "patch_failed_recoverable"
    assert (plane.hash(), plane.predict()) == (before, ["own"])


def test_a_path_outside_the_data_is_refused(
    new_plane: Callable[..., RunningPlane], server: FileServer
) -> None:
    server.files["/a"] = b"a"
    item = {"url": server.url("/a"), "local_data_path": "../../out.txt"}
    plane = new_plane({"model/model.py": READER})
    plane.write({"config.yaml": f"{CONFIG}external_data: {json.dumps([item])}\n"})
    error = plane.start().wait_for("failed")["last_error"]
    assert "'..'" in error["message"]
    assert server.asked == []


def test_a_file_of_the_truss_goes_before_a_download(
    new_plane: Callable[..., RunningPlane], server: FileServer
) -> None:
    server.files["/a"] = b"downloaded"
    plane = new_plane({"model/model.py": READER, "data/a.txt": "own"})
    plane.write({"config.yaml": declaring(a=server.url("/a"))})
    assert plane.start().predict() == ["own"]


def test_a_first_start_without_the_file_says_so_and_is_repaired(
    new_plane: Callable[..., RunningPlane], server: FileServer
) -> None:
    plane = new_plane({"model/model.py": READER})
    plane.write({"config.yaml": declaring(a=server.url("/a"))})
    plane.start()
    error = plane.wait_for("failed")["last_error"]
    assert (error["phase"], error["type"]) == ("download", "DownloadFailed")
    assert "/a could not be downloaded: 404" in error["message"]
    server.files["/a"] = b"there now"
    assert plane.post("/control/restart_inference_server", json={}).is_success
    assert plane.predict() == ["there now"]


@pytest.mark.parametrize("point", ["download.written", "download.synced", "download.renamed"])
def test_killed_while_it_downloads(
    new_plane: Callable[..., RunningPlane], server: FileServer, point: str
) -> None:
    server.files["/a"] = b"text " * MEBIBYTE
    plane = new_plane({"model/model.py": READER})
    plane.write({"config.yaml": declaring(a=server.url("/a"))})
    plane.launch(environment={"CONTROL_TRUSS_FAILPOINT": point})
    until(lambda: plane.has_ended, "the end")
    assert plane.start().predict() == [server.files["/a"].decode()]
