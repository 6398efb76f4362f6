"""Where two versions do not fit at once, the old one makes room, and comes back on failure."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from running_plane import CONFIG, PREDICT, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

# Answers whether the process of the version before was still there when this one was loaded.
TOP = """
import os, pathlib
BEFORE = pathlib.Path({mark!r})
def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
"""
LOAD = (
    "self.both = BEFORE.exists() and alive(int(BEFORE.read_text()));"
    " BEFORE.write_text(str(os.getpid()))"
)
ACCELERATOR = CONFIG + "resources:\n  accelerator: A10G\n"
WHOLE_MEMORY = str(1 << 60)


def version(plane: RunningPlane, number: int, load: str = LOAD) -> dict[str, str]:
    top = TOP.format(mark=str(plane.state.parent / "before"))
    return {"model/model.py": model(f"[{number}, self.both]", load=load, top=top)}


@pytest.fixture
def plane(new_plane: Callable[..., RunningPlane]) -> RunningPlane:
    plane = new_plane({})
    plane.write(version(plane, 1))
    return plane


def test_two_processes_where_there_is_room(plane: RunningPlane) -> None:
    plane.start()
    assert plane.predict() == [1, False]
    assert plane.patch(version(plane, 2, LOAD + "; more = 1")).status_code == 200
    assert plane.predict() == [2, True]


@pytest.mark.parametrize(
    ("config", "options", "members"),
    [
        pytest.param(CONFIG, [], {"strategy": "restart"}, id="asked for"),
        pytest.param(ACCELERATOR, [], {}, id="accelerator"),
        pytest.param(CONFIG, ["--memory-margin", WHOLE_MEMORY], {}, id="memory"),
    ],
)
def test_one_process_where_there_is_none(
    plane: RunningPlane, config: str, options: list[str], members: dict[str, str]
) -> None:
    plane.write({"config.yaml": config})
    plane.start(*options)
    assert plane.predict() == [1, False]
    answer = plane.patch(version(plane, 2, LOAD + "; more = 1"), **members)
    assert answer.status_code == 200, answer.text
    assert "stop" in answer.json()["timings_ms"]
    assert plane.predict() == [2, False]


def test_requests_wait_and_none_fails(plane: RunningPlane) -> None:
    plane.start()
    responses: list[httpx.Response] = []
    ended = threading.Event()

    def ask() -> None:
        with plane.client() as client:
            while not ended.is_set():
                responses.append(client.post(PREDICT, json={}))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    slow = LOAD + "; __import__('time').sleep(0.5)"
    assert plane.patch(version(plane, 2, slow), strategy="restart").status_code == 200
    before = len(responses)
    until(lambda: len(responses) > before + 20, "answers by the new version")
    ended.set()
    for thread in threads:
        thread.join()
    assert {response.status_code for response in responses} == {200}
    assert [response.json()[0] for response in responses[before + 8 :]][-1] == 2


def test_the_old_version_comes_back(plane: RunningPlane) -> None:
    first = plane.start().serving().status()
    broken = plane.patch(version(plane, 2, "raise ValueError('no')"), strategy="restart")
    assert (broken.status_code, broken.json()["type"]) == (422, "patch_failed_recoverable")
    assert "ValueError: no" in broken.json()["detail"]
    # Asked at once: it waits until the old version is loaded again.
    assert plane.predict() == [1, False]
    after = plane.status()
    assert after["hash"] == first["hash"]
    assert after["pid"]["inference"] != first["pid"]["inference"]
    assert plane.patch(version(plane, 3), strategy="restart").status_code == 200
    assert plane.predict() == [3, False]


def test_without_memory_there_is_no_spare(plane: RunningPlane) -> None:
    plane.start("--memory-margin", WHOLE_MEMORY)
    plane.predict()
    status = plane.status()
    assert status["spare_ready"] is False
    assert plane.leftovers() == [status["pid"]["inference"]]


def test_a_strategy_that_nobody_knows(plane: RunningPlane) -> None:
    plane.start("--no-spare")
    answer = plane.patch(version(plane, 2), strategy="quickly")
    assert answer.status_code == 400
    assert "'strategy' must be one of 'auto', 'reload', 'restart'" in answer.json()["detail"]
