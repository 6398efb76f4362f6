"""`external_data` in a running plane: there before the first load, changed by patches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from file_server import FileServer, file_server
from running_plane import CONFIG, model, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
