"""The disk does not take it, or the first start is cut short: nothing half is ever served."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pytest
from running_plane import RunningPlane, model

from control.plane import failpoints
from truss_base.hash import truss_hash

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("'one'"), "data/table.csv": "a;b\n"}
FIRST_START = [name for name in failpoints.NAMES if name.startswith(("stage.", "commit."))]


def test_a_disk_that_takes_no_more(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(FILES).start("--no-spare")
    before = plane.status()
    # The kernel refuses to let this process's files grow beyond the limit.
    resource.prlimit(plane.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    response = plane.patch({"model/model.py": model("'two'"), "data/big.bin": "x" * 200_000})

    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "patch_failed_recoverable")
    assert "could not be written" in problem["detail"]
    assert plane.predict() == "one"
    assert plane.status()["release"] == before["release"]
    assert [root.name for root in (plane.state / "releases").iterdir()] == [before["release"]]

    resource.prlimit(plane.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert plane.patch({}).status_code == 200
    assert plane.predict() == "two"


@pytest.mark.parametrize("name", FIRST_START)
def test_a_first_start_that_was_cut_short(
    new_plane: Callable[..., RunningPlane], name: str
) -> None:
    plane = new_plane(FILES)
    with pytest.raises(AssertionError):
        plane.start("--no-spare", environment={failpoints.VARIABLE: name})
    plane.start("--no-spare")
    assert plane.predict() == "one"
    assert plane.hash() == truss_hash(plane.state / "current/tree") == truss_hash(plane.truss)
    assert len(list((plane.state / "releases").iterdir())) == 1


def test_a_model_that_wrote_over_its_own_files(new_plane: Callable[..., RunningPlane]) -> None:
    source = model("open('data/table.csv', 'a').write('more')")
    plane = new_plane({**FILES, "model/model.py": source}).start("--no-spare")
    plane.predict()

    response = plane.patch({"model/model.py": source + "X = 1\n"})

    assert response.status_code == 422
    assert "data/table.csv was changed by the running model" in response.json()["detail"]
    assert plane.predict() == 4, "the old version serves on"
    changed = {"model/model.py": model("open('data/table.csv').read()"), "data/table.csv": "new"}
    assert plane.patch(changed).status_code == 200
    assert plane.predict() == "new"
