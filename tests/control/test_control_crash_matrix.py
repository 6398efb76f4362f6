"""`kill -9` at every step, a full disk, a read-only one: hash, files and answers always agree.

A part of the matrix runs with every test run; `make crash-matrix` runs it whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from crash_matrix import NEEDS_MOUNT, OLD, STEPS, TAKEN, Step, Trial, may_mount, mounted
from crash_matrix import used_state as make_used_state

from control.plane import failpoints

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from running_plane import RunningPlane

WHOLE = os.environ.get("CRASH_MATRIX") == "whole"
# Of what is taken away beside the control plane itself, the tests of every day try these.
PART = {
    "inference": {"stage.half", "patch.loading", "patch.loaded", "commit.renamed", "swap.prepared"},
    "both": {"commit.linked", "rollback.loaded"},
    "full": {"stage.begun", "patch.settled", "commit.renamed", "journal.written"},
    "read-only": {"stage.half", "commit.begun", "commit.renamed"},
}
# Steps so close to another one that the tests of every day leave them out.
FINE = {"stage.created", "stage.configured", "commit.begun", "commit.synced", "undo.forgotten"}
FINE |= {"rollback.begun", "rollback.synced", "rollback.journaled", "collect.begun", "stop.held"}
# Fail points that the matrix does not come by: their own tests go through them.
ELSEWHERE = ("environment.", "blob.", "download.")


def first_of_each() -> list[Step]:
    """The first scenario that comes by a fail point."""
    return list({step.point: step for step in reversed(STEPS)}.values())


CASES = [
    pytest.param(step, what, id=f"{step.scenario.name}-{step.point}-{what}")
    for step in STEPS
    for what in TAKEN
    if WHOLE or (step.point in PART[what] and step in first_of_each())
]


@pytest.fixture(scope="module")
def used_state(module_plane: Callable[..., RunningPlane]) -> Path:
    return make_used_state(module_plane(OLD))


@pytest.fixture
def plane(new_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return new_plane(OLD | {"data/number.txt": "last"})


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(step, id=f"{step.scenario.name}-{step.point}")
        for step in STEPS
        if WHOLE or (step.point not in FINE and step in first_of_each())
    ],
)
def test_the_control_plane_is_killed(plane: RunningPlane, used_state: Path, step: Step) -> None:
    shutil.copytree(used_state, plane.state, symlinks=True)
    Trial(plane, step).kill_control()


@pytest.mark.parametrize(("step", "what"), CASES)
def test_something_is_taken_away(
    plane: RunningPlane, used_state: Path, tmp_path: Path, step: Step, what: str
) -> None:
    with contextlib.ExitStack() as ends:
        if what in NEEDS_MOUNT:
            if not may_mount(tmp_path / "probe"):
                pytest.skip("a file system of its own needs the right to mount")
            ends.enter_context(mounted(plane.state))
        ends.callback(plane.clean_up)
        shutil.copytree(used_state, plane.state, symlinks=True, dirs_exist_ok=True)
        Trial(plane, step).take_away(*TAKEN[what])


def test_every_fail_point_is_in_the_matrix() -> None:
    points = {step.point for step in STEPS}
    missing = [name for name in failpoints.NAMES if name not in points]
    assert [name for name in missing if not name.startswith(ELSEWHERE)] == []
    assert len(points) >= 25
