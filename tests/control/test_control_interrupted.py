"""A restart or a stop ends the patch that is not live yet, as a newer patch does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from running_plane import PREDICT, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("'one'")}
NEVER = "__import__('time').sleep(1000)"


class Hanging(threading.Thread):
    """A patch whose load never ends."""

    def __init__(self, plane: RunningPlane) -> None:
        super().__init__()
        self._plane = plane
        plane.write({"model/model.py": model("'hangs'", load=NEVER)})
        self._body = plane.patch_body()
        self.response: httpx.Response | None = None
        self.start()
        until(lambda: plane.status()["state"] == "patching", "its load")

    def run(self) -> None:
        self.response = self._plane.post("/control/patch", json=self._body)


def test_who_waits_for_a_load_hears_that_the_plane_ends(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane(FILES).start("--no-spare")
    patch = Hanging(plane)
    assert plane.end() == 0
    patch.join()
    assert patch.response is not None
    assert (patch.response.status_code, patch.response.json()["type"]) == (409, "interrupted")
    assert plane.start("--no-spare").predict() == "one"


@pytest.mark.parametrize("change", ["restart", "stop"])
def test_a_patch_that_hangs_is_given_up(
    new_plane: Callable[..., RunningPlane], change: str
) -> None:
    plane = new_plane(FILES).start("--no-spare").serving()
    first, live = plane.status()["pid"]["inference"], plane.hash()
    patch = Hanging(plane)

    assert plane.post(f"/control/{change}_inference_server").status_code == 200

    patch.join()
    assert patch.response is not None
    problem = patch.response.json()
    assert (patch.response.status_code, problem["type"]) == (409, "interrupted")
    assert "Send it again" in problem["error"]["msg"]
    status = plane.status()
    assert (status["hash"], status["pending"]) == (live, None)
    assert status["patches"][-1]["error"] == "interrupted"
    assert status["last_patch_error"] is None
    if change == "restart":
        assert plane.predict() == "one"
        assert plane.status()["pid"]["inference"] != first
    else:
        assert plane.post(PREDICT, json={}).status_code == 503
    until(lambda: len(plane.leftovers()) == (change == "restart"), "the end of the others")
