"""What a patch leaves when the control plane itself fails: before its commit, and after it."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from running_plane import CONFIG, model

from control.plane.api.routes import control_api
from control.plane.environments.apt import Apt
from control.plane.environments.program import run
from control.plane.environments.system import SystemPackages
from control.plane.plane import ControlPlane
from control.plane.releases.release import Release
from control.plane.settings import parse_settings
from truss_base.diff import diff
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FILES = {"config.yaml": CONFIG, "model/model.py": model("1"), "data/a.txt": "a"}


@contextlib.asynccontextmanager
async def opened(root: Path) -> AsyncIterator[tuple[ControlPlane, httpx.AsyncClient]]:
    """A plane in this process, the parts of which a test may break, and its control API."""
    write(root, FILES)
    options = ["--insecure-no-auth", "--no-spare", "--inference-python", sys.executable]
    options += ["--state", str(root / "state"), "--truss", str(root / "truss")]
    plane = await ControlPlane.open(parse_settings(options))
    transport = httpx.ASGITransport(control_api(plane))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://plane") as client:
            # Answers when the first version is loaded.
            await plane.gate.admit()
            yield plane, client
    finally:
        await plane.close()


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = root / "truss" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def change(
    plane: ControlPlane, root: Path, files: dict[str, str], **members: str
) -> dict[str, Any]:
    write(root, files)
    live, truss = plane.store.live.signature(), root / "truss"
    patches = [patch.to_wire() for patch in diff(live, truss)]
    wanted = Signature.of(truss).hash
    return {"hash": wanted, "prev_hash": live.hash, "patches": patches, **members}


def fail(*_: object) -> None:
    raise OSError(30, "Read-only file system")


# A fault of ours is a bug, which no real part has on demand: here one function is replaced.


async def test_a_fault_after_the_commit_is_not_told_as_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (plane, client):
        monkeypatch.setattr(plane.supervisor, "switch", fail)
        patch = change(plane, tmp_path, {"data/a.txt": "b"})
        answer = await client.post("/control/patch", json=patch)
        assert plane.store.live.hash == patch["hash"]
        assert answer.status_code == 500
        assert "The new version is live all the same." in answer.json()["detail"]


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, after: bool) -> None:
    """Lets a method fail the next time: before it has done anything, or when it has."""
    whole = getattr(owner, name)

    def broken(*given: Any) -> None:
        monkeypatch.setattr(owner, name, whole)
        if after:
            whole(*given)
        fail()

    monkeypatch.setattr(owner, name, broken)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("files", "step"),
    [
        ({"README.md": "new"}, "adopt"),
        ({"model/model.py": model("2")}, "adopt"),
        ({"data/a.txt": "b", "model/model.py": model("2")}, "switch"),
    ],
    ids=["sync", "hot", "reload"],
)
async def test_what_answers_after_a_fault_is_what_is_live(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    step: str,
    after: bool,
) -> None:
    async with opened(tmp_path) as (plane, client):
        first = plane.supervisor.current
        fail_once(monkeypatch, plane.supervisor, step, after=after)
        patch = change(plane, tmp_path, files)
        answer = await client.post("/control/patch", json=patch)
        assert answer.status_code == 500
        assert "The new version is live all the same." in answer.json()["detail"]
        await plane.gate.admit()
        current = plane.supervisor.current
        assert current is not None
        assert current is not first, "nobody knows how far that one has come"
        assert current.release_id == plane.store.live.id
        assert plane.store.live.hash == patch["hash"]
        follows = await client.post("/control/patch", json=change(plane, tmp_path, FILES))
        assert follows.status_code == 200


async def test_the_old_version_comes_back_even_where_an_undo_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (plane, client):
        monkeypatch.setattr(plane.installer, "undo", fail)
        broken = {"model/model.py": model("2", load="raise ValueError('no')")}
        patch = change(plane, tmp_path, broken, strategy="restart")
        answer = await client.post("/control/patch", json=patch)
        assert answer.status_code == 500
        assert "The running version was not changed." in answer.json()["detail"]
        await plane.gate.admit()
        assert plane.supervisor.state == "ready"
        assert plane.store.live.hash == patch["prev_hash"]


async def test_of_two_failures_at_once_neither_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path) as (plane, client):
        monkeypatch.setattr(plane.store, "settle", fail)
        broken = {"model/model.py": model("2", load="raise ValueError('no')")}
        patch = change(plane, tmp_path, broken, strategy="reload")
        answer = await client.post("/control/patch", json=patch)
        assert "ValueError: no" in answer.json()["detail"]
    gc.collect()
    assert "never retrieved" not in caplog.text


DPKG = """#!/bin/sh
case "$1" in
    --show) cat {packages} ;;
    --purge) shift; for it; do sed -i "/^$it /d" {packages}; done ;;
esac
"""
APT = """#!/bin/sh
for last; do :; done
case "$*" in --simulate*|update) ;; *) echo "$last installed" >> {packages} ;; esac
"""


class Machine:
    """Programs with the names of apt's, over a file instead of a system."""

    def __init__(self, root: Path) -> None:
        self._packages = root / "packages"
        self._packages.write_text("base installed\n")
        for name, text in {"dpkg": DPKG, "dpkg-query": DPKG, "apt-get": APT}.items():
            (root / name).write_text(text.format(packages=self._packages))
            (root / name).chmod(0o755)
        self.note = root / "system.json"
        path = f"{root}:/usr/bin:/bin"
        self.system = SystemPackages(Apt(30, {"PATH": path}), self.note)

    @property
    def packages(self) -> list[str]:
        return [line.split()[0] for line in self._packages.read_text().splitlines()]


def release(name: str) -> Release:
    return Release(name, Path(name), "", "", {}, [], {})


def silent(_: str) -> None:
    """Nobody waits for it."""


async def test_system_packages_of_the_live_version_are_never_taken_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    await machine.system.add(["one"], release("live"), silent)
    # The note stayed, as after a `keep` on a disk that takes nothing, and a later patch fails.
    await machine.system.undo(release("later"))
    await machine.system.recover({"live", "another since"})
    assert machine.packages == ["base", "one"]
    assert not machine.note.exists()


async def test_those_of_a_version_that_never_was_live_are(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    await machine.system.add(["one"], release("first"), silent)
    await machine.system.undo(release("first"))
    assert machine.packages == ["base"]
    await machine.system.add(["two"], release("second"), silent)
    await machine.system.recover({"live"})
    assert machine.packages == ["base"]


def test_a_note_that_cannot_be_removed_is_no_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(tmp_path)
    machine.note.mkdir()
    machine.system.keep()
    assert "stays for now" in caplog.text


async def test_what_builds_a_package_sees_no_secret(tmp_path: Path) -> None:
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    given = {"TRUSS_SECRET_key": "s", "UV_INDEX": "i"}
    status, output = await run(
        [sys.executable, "-c", code], environment=given, folder=tmp_path, limit=30, on_line=silent
    )
    assert status == 0
    assert json.loads(output)["UV_INDEX"] == "i"
    assert "TRUSS_SECRET_key" not in json.loads(output)
