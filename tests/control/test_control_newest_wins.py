"""A newer patch ends the one that is not live yet: nobody waits for the end of a mistake."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from running_plane import RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("'one'")}
NEVER = "__import__('time').sleep(1000)"
A = "a" * 64


@pytest.fixture(scope="module")
def started(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    # Nothing else than what is tested replaces the process.
    return module_plane(FILES).start("--settle", "never").serving()


@pytest.fixture
def plane(started: RunningPlane) -> RunningPlane:
    return started.reset(FILES)


class Pending(threading.Thread):
    """A patch that hangs in its load until something ends it."""

    def __init__(self, plane: RunningPlane, answer: str, **headers: str) -> None:
        super().__init__()
        self._plane = plane
        self._headers = headers
        plane.write({"model/model.py": model(answer, load=NEVER)})
        self.body = plane.patch_body()
        self.response: httpx.Response | None = None
        self.start()
        until(lambda: pending(plane) == self.body["hash"], "its arrival")

    def run(self) -> None:
        self.response = self._plane.post("/control/patch", json=self.body, headers=self._headers)

    def is_superseded(self) -> bool:
        self.join()
        assert self.response is not None
        problem = self.response.json()
        assert (self.response.status_code, problem["status"]) == (409, 409), problem
        return bool(problem["type"] == problem["error"]["type"] == "superseded")


def pending(plane: RunningPlane) -> Any:
    return plane.get("/control/truss_hash").json()["pending"]


def stay(plane: RunningPlane) -> httpx.Response:
    """Asks for the version that is live already."""
    body = {"hash": plane.hash(), "prev_hash": plane.hash(), "patches": []}
    return plane.post("/control/patch", json=body)


def test_a_correction_does_not_wait_for_the_mistake(plane: RunningPlane) -> None:
    mistake = Pending(plane, "'hangs'")
    assert plane.wait_for("patching")["pending"] == mistake.body["hash"]

    correction = plane.patch({"model/model.py": model("'corrected'")})

    assert correction.status_code == 200, correction.text
    assert mistake.is_superseded()
    assert plane.predict() == "corrected"
    assert pending(plane) is None
    history = [(p["ok"], p.get("error")) for p in plane.status()["patches"][-2:]]
    assert history == [(False, "superseded"), (True, None)]


def test_of_several_only_the_newest_survives(plane: RunningPlane) -> None:
    mistakes = [Pending(plane, f"'hangs {number}'") for number in range(4)]
    assert plane.patch({"model/model.py": model("'corrected'")}).status_code == 200
    assert all(mistake.is_superseded() for mistake in mistakes)
    assert plane.predict() == "corrected"


def test_its_process_and_its_files_are_gone(plane: RunningPlane) -> None:
    before = set((plane.state / "releases").iterdir())
    mistake = Pending(plane, "'hangs'")
    plane.wait_for("patching")
    assert stay(plane).status_code == 200
    assert mistake.is_superseded()
    assert set((plane.state / "releases").iterdir()) <= before
    until(lambda: len(plane.leftovers()) == 2, "the serving process and the spare alone")


def test_an_undone_change_ends_without_a_new_version(plane: RunningPlane) -> None:
    before = plane.status()
    mistake = Pending(plane, "'hangs'")

    answer = stay(plane).json()

    assert (answer["hash"], answer["strategy"]) == (before["hash"], "S0")
    assert "nothing to do" in answer["msg"]
    assert mistake.is_superseded()
    after = plane.status()
    assert (after["hash"], after["release"]) == (before["hash"], before["release"])
    assert (after["pid"], after["pending"]) == (before["pid"], None)
    assert plane.predict() == "one"


def test_a_dry_run_and_a_patch_of_another_version_end_nothing(plane: RunningPlane) -> None:
    mistake = Pending(plane, "'hangs'")
    plane.wait_for("patching")
    assert plane.patch({"model/model.py": model("'two'")}, dry_run=True).status_code == 200
    other = threading.Thread(
        target=plane.patch, args=({"model/model.py": model("'three'")},), kwargs={"prev_hash": A}
    )
    other.start()
    until(lambda: pending(plane) != mistake.body["hash"], "the arrival of the other")
    assert plane.status()["state"] == "patching"
    assert mistake.is_alive()
    assert stay(plane).status_code == 200
    assert mistake.is_superseded()
    other.join()


def test_the_progress_ends_with_the_problem(plane: RunningPlane) -> None:
    mistake = Pending(plane, "'hangs'", accept="application/x-ndjson")
    assert stay(plane).status_code == 200
    mistake.join()
    assert mistake.response is not None
    last = mistake.response.text.splitlines()[-1]
    assert '"event": "error"' in last
    assert '"type": "superseded"' in last


def test_patches_sent_at_once_end_with_one_version(plane: RunningPlane) -> None:
    bodies = []
    for number in range(6):
        plane.write({"model/model.py": model(str(number))})
        bodies.append(plane.patch_body())
    statuses: list[int] = []

    def send(body: dict[str, Any]) -> None:
        statuses.append(plane.post("/control/patch", json=body).status_code)

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(set(statuses)) == [200, 409]
    assert statuses.count(200) == 1, "all of them start from the same version"
    live = [number for number, body in enumerate(bodies) if body["hash"] == plane.hash()]
    assert [plane.predict()] == live
    assert pending(plane) is None
    until(lambda: len(plane.leftovers()) == 2, "the end of what was loading")
