"""Dry runs: the serving process is asked what it would say to a hot swap, and stays as it is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from running_plane import PREDICT, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = "model/model.py"
SOURCE = """\
import os, re, time

class Helper(str):
    def word(self):
        return {word!r}

class Model:
    def predict(self, request):
        if request == "keep":
            re.compile(Helper("a+"))  # which a cache within `re` keeps
        elif request == "release":
            re.purge()
        elif request:
            mine = Helper()
            open(request + ".begun", "w").close()
            while not os.path.exists(request):
                time.sleep(0.002)
            return mine.word()
        return Helper().word()
"""
RESERVED = "unless something that lives holds the old code"


def source(word: str) -> dict[str, str]:
    return {MODEL: SOURCE.format(word=word)}


@pytest.fixture(scope="module")
def started(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return module_plane(source("old")).start("--settle", "never")


@pytest.fixture
def plane(started: RunningPlane) -> RunningPlane:
    started.reset(source("old"))
    ask(started, "release")
    return started


def ask(plane: RunningPlane, request: str) -> Any:
    response = plane.post(PREDICT, json=request)
    assert response.status_code == 200, response.text
    return response.json()


def foretold(plane: RunningPlane, word: str = "new") -> dict[str, Any]:
    answer = plane.patch(source(word), dry_run=True).json()
    assert answer["dry_run"]
    return dict(answer)


def test_what_nothing_speaks_against_is_hot(plane: RunningPlane) -> None:
    told = foretold(plane)
    assert (told["strategy"], told["reservation"]) == ("S1", "")
    answer = plane.patch(source("new")).json()
    assert (answer["strategy"], answer["reasons"]) == ("S1", told["reasons"])


def test_what_lives_is_told_as_the_swap_tells_it(plane: RunningPlane) -> None:
    ask(plane, "keep")
    told = foretold(plane)
    assert (told["strategy"], told["title"], told["reservation"]) == ("S2", "reload", "")
    assert "no hot swap, since `Helper` of model.model: " in told["reasons"][0]["reason"]
    assert ask(plane, "") == "old", "nothing was done"
    ask(plane, "release")
    assert foretold(plane)["strategy"] == "S1", "it was a matter of that moment"
    ask(plane, "keep")
    answer = plane.patch(source("new")).json()
    assert (answer["strategy"], answer["reasons"]) == ("S2", told["reasons"])


def test_nothing_of_it_stays(plane: RunningPlane) -> None:
    ask(plane, "keep")
    status = plane.status()
    for word in ("one", "two", "three"):
        foretold(plane, word)
    after = plane.status()
    for name in ("release", "hash", "pid", "patches", "hot_patches", "last_patch_error"):
        assert after[name] == status[name]


def test_requests_in_flight_leave_it_open(plane: RunningPlane, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    answers: list[Any] = []
    request = threading.Thread(target=lambda: answers.append(ask(plane, str(gate))))
    request.start()
    until(gate.with_name("gate.begun").exists, "the request")
    told = foretold(plane)
    assert told["strategy"] == "S1"
    assert told["reservation"].startswith(
        "unless requests in flight leave something behind (`Helper` of "
    )
    gate.touch()
    request.join()
    assert answers == ["old"]
    told = foretold(plane)
    assert (told["strategy"], told["reservation"]) == ("S1", "")


def test_a_process_that_does_something_else_is_not_asked(plane: RunningPlane) -> None:
    hanging = model("'never'", load="__import__('time').sleep(1000)")
    plane.write({MODEL: hanging})
    body = plane.patch_body()
    patch = threading.Thread(target=lambda: plane.post("/control/patch", json=body))
    patch.start()
    until(lambda: plane.status()["pending"] == body["hash"], "the patch")
    told = foretold(plane)
    assert told["strategy"] == "S1"
    assert told["reservation"].startswith(RESERVED)
    live = {"hash": plane.hash(), "prev_hash": plane.hash(), "patches": []}
    assert plane.post("/control/patch", json=live).status_code == 200
    patch.join()


@pytest.mark.parametrize("wish", ["reload", "restart"])
def test_a_process_that_shall_go_is_not_asked(plane: RunningPlane, wish: str) -> None:
    answer: httpx.Response = plane.patch(source("new"), dry_run=True, strategy=wish)
    told = answer.json()
    assert (told["strategy"], told["reservation"]) == ("S2", "")
    assert told["reasons"][0]["reason"] == f"{wish} was asked for"
