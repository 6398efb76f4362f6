"""Blobs: contents that arrive apart from their patch; of a changed file, what changed."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from blob_client import MEBIBYTE, missing, noise, put, sha256
from running_plane import model

from truss_base.chunking import chunks_of
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from running_plane import RunningPlane

# Says what the data file holds: its size and its sum, which a wrong order of chunks changes.
READER = model(
    "self.said",
    load="import zlib; d = open(self.path, 'rb').read(); self.said = [len(d), zlib.crc32(d)]",
    more="    def __init__(self, **kwargs):\n"
    "        self.path = str(kwargs['data_dir'] / 'w.bin')\n        self.said = None\n",
)


def said(content: bytes) -> list[int]:
    return [len(content), zlib.crc32(content)]


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


def test_what_is_prepared_knows_the_old_chunks_still_when_it_is_saved(
    new_plane: Callable[..., RunningPlane],
) -> None:
    old = noise(3 * MEBIBYTE)
    plane = new_plane({"model/model.py": READER, "data/w.bin": old}).start()
    new = noise(1000, 7) + old
    plane.write({"data/w.bin": new})
    chunks = list(chunks_of(plane.truss / "data/w.bin"))
    wanted = missing(plane, [chunk.digest for chunk in chunks], "data/w.bin")
    offset = 0
    for chunk in chunks:
        if chunk.digest in wanted:
            put(plane, new[offset : offset + chunk.size])
        offset += chunk.size
    body = with_chunks(plane.patch_body(), plane.truss / "data/w.bin")
    assert plane.post("/control/prepare", json=body).status_code == 200
    answer = plane.post("/control/patch", json=body)
    assert answer.status_code == 200, answer.text
    assert plane.predict() == said(new)


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
    planned = plane.post("/control/patch", json={**body, "dry_run": True}).json()
    assert planned["strategy"] == "S2", "nobody has seen the code yet"
    assert "not known here" in json.dumps(planned["reasons"])
    assert put(plane, code).status_code == 201
    answer = plane.post("/control/patch", json=body)
    assert answer.status_code == 200, answer.text
    assert "Model" in json.dumps(answer.json()["reasons"])
    assert plane.predict() == 2
