"""A version that crashes after its activation: slowed down, and taken back if never healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mortality
from running_plane import PREDICT, RunningPlane, model, until

from truss_base.hash import truss_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOON = ["--healthy-after", "0.3"]
GOOD = {"model/model.py": model("'good'")}
# Lives until it is activated, and a little longer.
CRASHING = {
    "model/model.py": model("'crashing'", top="import mortality", load="mortality.begin()"),
    "packages/mortality.py": mortality.TEXT,
}
# Answers, and ends when it is asked to.
MORTAL = {
    "model/model.py": model("os._exit(7) if request.get('die') else 'mortal'", top="import os")
}


def healthy(plane: RunningPlane) -> Path:
    """Answers, lives, and is remembered as one to go back to."""
    plane.predict()
    mark = plane.state / "current" / "healthy"
    until(mark.exists, "the mark of a healthy version")
    return mark


def rolled_back(plane: RunningPlane) -> dict[str, Any]:
    """The status once a version was taken back and the older one answers."""
    status = until(
        lambda: s if (s := plane.status())["rolled_back_from"] and s["state"] == "ready" else None,
        "the way back",
    )
    assert plane.hash() == truss_hash(plane.state / "current/tree")
    return status


def test_back_to_the_last_healthy_version(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(GOOD).start(*SOON)
    healthy(plane)
    before = plane.status()
    assert plane.patch(CRASHING).status_code == 200
    wrong = plane.hash()

    status = rolled_back(plane)

    assert status["rolled_back_from"]["hash"] == wrong
    assert "ended 3 times in a row" in status["rolled_back_from"]["error"]
    assert (status["hash"], status["release"]) == (before["hash"], before["release"])
    assert status["last_error"]["type"] == "ProcessEnded"
    assert status["last_patch_error"]["hash"] == wrong
    assert [patch["ok"] for patch in status["patches"]] == [True, False]
    assert plane.predict() == "good"

    plane.kill()
    plane.start(*SOON)
    assert plane.predict() == "good"
    assert plane.status()["rolled_back_from"]["hash"] == wrong
    assert plane.patch({"model/model.py": model("'mended'")}).status_code == 200
    assert plane.predict() == "mended"
    assert plane.status()["rolled_back_from"] is None


def test_a_version_whose_every_answer_is_a_crash(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(GOOD).start(*SOON)
    healthy(plane)
    assert plane.patch(MORTAL).status_code == 200

    def died_or_went() -> bool:
        plane.post(PREDICT, json={"die": True})
        return plane.status()["rolled_back_from"] is not None

    until(died_or_went, "the way back")
    rolled_back(plane)
    assert plane.predict({"die": True}) == "good"


def test_a_version_that_was_healthy_stays(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(GOOD).start(*SOON)
    healthy(plane)
    plane.patch(MORTAL)
    healthy(plane)
    wanted = plane.hash()
    for _ in range(4):
        assert plane.post(PREDICT, json={"die": True}).status_code == 502
        until(lambda: plane.post(PREDICT, json={}).status_code == 200, "the restart")
    assert plane.hash() == wanted
    assert plane.status()["rolled_back_from"] is None


def test_nothing_healthy_to_go_back_to(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(GOOD).start("--healthy-after", "600").serving()
    plane.patch(CRASHING)
    wrong = plane.hash()

    def refusal() -> str | None:
        response = plane.post(PREDICT, json={})
        return response.json()["error"] if response.status_code == 503 else None

    assert "times in a row" in until(refusal, "the back-off")
    assert plane.hash() == wrong


def test_the_last_healthy_version_does_not_load_any_more(
    new_plane: Callable[..., RunningPlane], tmp_path: Path
) -> None:
    once = tmp_path / "once"
    load = f"assert not pathlib.Path({str(once)!r}).exists()"
    plane = new_plane({"model/model.py": model("'good'", top="import pathlib", load=load)})
    plane.start(*SOON)
    healthy(plane)
    once.touch()
    plane.patch(CRASHING)
    wrong = plane.hash()

    until(lambda: "does not load either" in plane.output.read_text(), "the attempt")
    assert plane.hash() == wrong == truss_hash(plane.state / "current/tree")
    assert plane.patch({"model/model.py": model("'mended'")}).status_code == 200
    assert plane.predict() == "mended"
