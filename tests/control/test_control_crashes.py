"""`kill -9` at instants that no fail point names; at those, see `test_control_crash_matrix`."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from running_plane import RunningPlane, model, until

from truss_base.hash import truss_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {"model/model.py": model("'old'")}


def check_whole(plane: RunningPlane, expected: set[str]) -> str:
    """After a restart: hash, files, answer and child processes agree on one of `expected`."""
    plane.start("--no-spare")
    answer = plane.predict()
    assert answer in expected
    release = plane.state / "current"
    assert plane.hash() == truss_hash(release / "tree"), "the files are not those of the hash"
    status = plane.status()
    until(lambda: plane.leftovers() == [status["pid"]["inference"]], "the end of orphans")
    return str(answer)


def test_killed_while_it_writes_three_thousand_files(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane(FILES).start("--no-spare")
    plane.predict()
    # Each round dies a little later; the last one may die after the commit.
    rounds = (1, 400, 1500, 2999, 3000)
    answers = ["old"]
    for number in rounds:
        files = {f"data/{index}.txt": f"{number}-{index}" for index in range(3000)}
        plane.write({"model/model.py": model(f"'{number}'"), **files})
        kill_after(plane, number)
        answers.append(check_whole(plane, {"old", *map(str, rounds)}))
    assert any(one == next_ for one, next_ in itertools.pairwise(answers)), "none died in time"


def kill_after(plane: RunningPlane, files: int) -> None:
    """Sends the patch and kills the control plane once that many files are written."""
    before = set((plane.state / "releases").iterdir())
    sender = threading.Thread(target=send_and_lose, args=(plane, plane.patch_body()))
    sender.start()
    until(lambda: written(plane, before) >= files or not sender.is_alive(), "the writing")
    plane.kill()
    sender.join()


def send_and_lose(plane: RunningPlane, body: object) -> None:
    with contextlib.suppress(httpx.TransportError):
        plane.post("/control/patch", json=body)


def written(plane: RunningPlane, before: set[Path]) -> int:
    """How many files the releases that are new have so far."""
    folders = [new / "tree/data" for new in set((plane.state / "releases").iterdir()) - before]
    return sum(len(list(folder.iterdir())) for folder in folders if folder.is_dir())


def test_killed_together_with_its_inference_process(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane(FILES).start()
    plane.predict()
    assert plane.patch({"model/model.py": model("'new'")}).status_code == 200
    pid = plane.status()["pid"]["inference"]
    plane.kill()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 9)
    assert check_whole(plane, {"new"}) == "new"


def test_a_state_folder_serves_one_control_plane(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(FILES).start("--no-spare")
    second = RunningPlane.__new__(RunningPlane)
    second.__dict__.update(plane.__dict__, _process=None)
    with pytest.raises(AssertionError, match="Another control plane uses the state folder"):
        second.start()
    assert plane.predict() == "old"
