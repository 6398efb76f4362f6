"""Requirements of a running control plane: installed beside what runs, by the real uv."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from running_plane import RunningPlane, until
from wanting import MODEL, patched, start, wanting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def plane(
    new_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path
) -> RunningPlane:
    return start(new_plane({"model/model.py": MODEL}), model_environment, wheels)


def environments(plane: RunningPlane) -> set[str]:
    """The names of what was installed, without what was there at first."""
    folder = plane.state / "environments"
    return {entry.name for entry in folder.iterdir()} - {"first", "sources"}


def test_requirements_come_change_and_go_with_what_they_brought(plane: RunningPlane) -> None:
    first = plane.predict()
    assert first["installed"] == {}

    assert patched(plane, wanting("ct-tiny==2.0"))["strategy"] == "S3"
    added = plane.predict()
    assert added["installed"] == {"ct-tiny": "2.0", "ct-leaf": "0.1"}
    assert added["pid"] != first["pid"]
    say = [f"{added['prefix']}/bin/say"]
    said = subprocess.run(say, capture_output=True, text=True, check=True)
    assert said.stdout == "2.0\n"

    patched(plane, wanting("ct-tiny<2"))
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}
    patched(plane, wanting("ct-tiny"))
    # What changed is resolved anew, even where what is there would do.
    assert plane.predict()["installed"] == {"ct-tiny": "2.0", "ct-leaf": "0.1"}
    patched(plane, wanting())
    last = plane.predict()
    assert (last["installed"], last["prefix"]) == ({}, first["prefix"])


def test_what_did_not_change_costs_nothing(plane: RunningPlane) -> None:
    patched(plane, wanting("ct-tiny==1.0", "ct-leaf"))
    [installed] = environments(plane)

    variables = wanting("ct-tiny==1.0", "ct-leaf")["config.yaml"]
    patched(plane, {"config.yaml": f"{variables}environment_variables: {{MOOD: calm}}\n"})
    patched(plane, {"model/model.py": MODEL + "\nOTHER = 1\n"})
    # In another order, with a comment: the same.
    patched(plane, wanting("ct-leaf", "ct-tiny==1.0"))
    assert environments(plane) == {installed}
    assert installed in plane.predict()["prefix"]


def test_going_back_installs_nothing_while_the_old_version_is_kept(plane: RunningPlane) -> None:
    patched(plane, wanting("ct-tiny==1.0"))
    before = plane.predict()["prefix"]
    patched(plane, wanting("ct-tiny==2.0"))
    patched(plane, wanting("ct-tiny==1.0"))
    assert plane.predict()["prefix"] == before


def test_environments_go_with_the_last_version_that_named_them(plane: RunningPlane) -> None:
    patched(plane, wanting("ct-tiny==1.0"))
    [old] = environments(plane)
    patched(plane, wanting("ct-tiny==2.0"))
    for number in range(4):
        patched(plane, {"README.md": f"{number}"})
    until(lambda: old not in environments(plane), "the end of the old environment")
    assert len(environments(plane)) == 1
    assert plane.predict()["installed"]["ct-tiny"] == "2.0"


def test_a_restart_starts_in_the_environment_of_the_version(
    plane: RunningPlane, model_environment: Path, wheels: Path
) -> None:
    patched(plane, wanting("ct-tiny==2.0"))
    before = plane.predict()
    plane.kill()
    start(plane, model_environment, wheels)
    after = plane.predict()
    assert (after["installed"], after["prefix"]) == (before["installed"], before["prefix"])


def test_the_running_environment_is_left_byte_for_byte(
    plane: RunningPlane, model_environment: Path
) -> None:
    def content() -> dict[str, tuple[int, bytes]]:
        files = (path for path in model_environment.rglob("*") if path.is_file())
        return {str(it): (it.stat().st_mode, it.read_bytes()) for it in files}

    before = content()
    patched(plane, wanting("ct-tiny==2.0"))
    patched(plane, wanting("ct-tiny==1.0"))
    assert content() == before


def test_a_dry_run_names_the_strategy_and_installs_nothing(plane: RunningPlane) -> None:
    answer = patched(plane, wanting("ct-tiny"), dry_run=True)
    assert answer["strategy"] == "S3"
    assert "`ct-tiny` added" in answer["reasons"][0]["reason"]
    assert environments(plane) == set()


def test_progress_names_the_packages(plane: RunningPlane) -> None:
    plane.write(wanting("ct-tiny<3", "ct-leaf"))
    streamed = {"accept": "application/x-ndjson"}
    body = plane.patch_body()
    with (
        plane.client() as client,
        client.stream("POST", "/control/patch", json=body, headers=streamed) as response,
    ):
        events = [json.loads(line) for line in response.iter_lines()]
    told = [event["message"] for event in events if event.get("stage") == "install"]
    assert "+ ct-tiny==2.0" in told
    assert events[-1]["event"] == "result"
    assert events[-1]["timings_ms"]["install"] > 0
