"""`POST /control/prepare`: what a patch that may come needs is done ahead, and nobody sees it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from running_plane import CONFIG, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MODEL = "model/model.py"
FILES = {MODEL: model("'old'")}


@pytest.fixture(scope="module")
def shared(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    plane = module_plane(FILES).start("--settle", "never", "--no-spare")
    plane.predict()
    return plane


@pytest.fixture
def plane(shared: RunningPlane) -> Iterator[RunningPlane]:
    yield shared
    shared.reset(FILES)


def prepare(plane: RunningPlane, text: str) -> dict[str, Any]:
    """Prepares the patch to a version with that model, which stays saved."""
    plane.write({MODEL: text})
    response = plane.post("/control/prepare", json=plane.patch_body())
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def releases(plane: RunningPlane) -> set[str]:
    return {path.name for path in (plane.state / "releases").iterdir()}


def test_the_patch_commits_what_is_prepared(plane: RunningPlane) -> None:
    answer = prepare(plane, model("'new'"))
    assert (answer["strategy"], plane.predict()) == ("S1", "old")
    prepared = releases(plane)
    answer = plane.patch({}).json()
    assert (answer["strategy"], plane.predict()) == ("S1", "new")
    assert plane.status()["release"] in prepared
    assert not {"plan", "check", "stage"} & set(answer["timings_ms"]), "nothing was left of these"


def test_nobody_sees_what_is_prepared(plane: RunningPlane) -> None:
    def seen() -> tuple[Any, ...]:
        status = plane.status()
        names = ("hash", "pending", "state", "release", "patches", "last_patch_error")
        journal = (plane.state / "journal.jsonl").read_bytes()
        return (*(status[name] for name in names), journal, plane.predict())

    before = seen()
    prepare(plane, model("'new'"))
    assert seen() == before


def test_no_unsaved_text_is_executed(plane: RunningPlane, tmp_path: Path) -> None:
    witness = tmp_path / "executed"
    top = f"open({str(witness)!r}, 'a').close()"
    prepare(plane, model("'new'", top=top))
    assert plane.predict() == "old"
    assert not witness.exists()
    assert plane.patch({}).status_code == 200
    assert witness.exists()


def test_another_patch_than_the_prepared_one_starts_afresh(plane: RunningPlane) -> None:
    prepare(plane, model("'prepared'"))
    prepared = releases(plane)
    assert plane.patch({MODEL: model("'other'")}).status_code == 200
    assert plane.predict() == "other"
    assert plane.status()["release"] not in prepared


def test_only_the_last_one_is_kept(plane: RunningPlane) -> None:
    before = releases(plane)
    for number in range(5):
        prepare(plane, model(f"'{number}'"))
    assert len(releases(plane) - before) == 1
    plane.patch({MODEL: model("'other'")})
    until(lambda: len(releases(plane) - before) == 1, "the end of what was prepared")


def test_the_same_one_twice_costs_nothing(plane: RunningPlane) -> None:
    first = prepare(plane, model("'new'"))
    again = prepare(plane, model("'new'"))
    assert again["strategy"] == first["strategy"]
    assert "stage" not in again["timings_ms"]


def test_a_change_of_load_is_prepared_as_well(plane: RunningPlane) -> None:
    assert prepare(plane, model("self.word", load="self.word = 'new'"))["strategy"] == "S2"
    assert plane.patch({}).json()["strategy"] == "S2"
    assert plane.predict() == "new"


@pytest.mark.parametrize("what", ["another base", "a wrong promise", "a rebuild"])
def test_what_cannot_be_patched_cannot_be_prepared(plane: RunningPlane, what: str) -> None:
    plane.write({MODEL: model("'new'")})
    body = plane.patch_body()
    if what == "a rebuild":
        plane.write({"config.yaml": f"{CONFIG}python_version: py39\n"})
        body = plane.patch_body()
    else:
        body["prev_hash" if what == "another base" else "hash"] = "0" * 64
    before = releases(plane)
    response = plane.post("/control/prepare", json=body)
    assert response.status_code == (422 if what == "a rebuild" else 409)
    assert releases(plane) <= before, "what was prepared before may have gone"


def test_a_patch_that_comes_while_it_is_being_prepared(plane: RunningPlane) -> None:
    plane.write({MODEL: model("'new'")})
    body = plane.patch_body()
    ahead = threading.Thread(target=lambda: plane.post("/control/prepare", json=body))
    ahead.start()
    assert plane.post("/control/patch", json=body).status_code == 200
    ahead.join()
    assert plane.predict() == "new"


def test_many_at_once_leave_one_and_hold_up_no_patch(plane: RunningPlane) -> None:
    bodies = []
    for number in range(6):
        plane.write({MODEL: model(f"{number}")})
        bodies.append(plane.patch_body())
    with ThreadPoolExecutor() as clients:
        ahead = [clients.submit(plane.post, "/control/prepare", json=body) for body in bodies[1:]]
        assert plane.post("/control/patch", json=bodies[0]).status_code == 200
    for response in (each.result() for each in ahead):
        # Another one came, or the patch did.
        refused = response.status_code == 409
        assert refused or response.status_code == 200
        assert not refused or response.json()["type"] in ("superseded", "inadmissible_patch")
    assert plane.predict() == 0
    until(lambda: len(releases(plane)) <= 4, "the kept versions, and at most one draft")


def test_what_was_prepared_before_a_crash_is_collected(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane(FILES).start("--no-spare")
    before = releases(plane)
    prepare(plane, model("'new'"))
    assert len(releases(plane)) == 2
    plane.kill()
    plane.start("--no-spare")
    assert releases(plane) == before
    assert plane.predict() == "old"
    assert plane.patch({}).status_code == 200
    assert plane.predict() == "new"
