"""The inference process ends by itself: who waits hears of it, and the next are served."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from running_plane import PREDICT, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW = model("self.answer(request)", top="import os, time, pathlib") + (
    "    def answer(self, request):\n"
    "        if request.get('mark'):\n"
    "            pathlib.Path(request['mark']).touch()\n"
    "            time.sleep(1000)\n"
    "        if request.get('fail'):\n"
    "            raise ValueError('on purpose')\n"
    "        return os.getpid()\n"
)


@pytest.fixture
def plane(new_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return new_plane({"model/model.py": SLOW}).start()


def until_ended(pid: int) -> None:
    until(lambda: not Path(f"/proc/{pid}").exists(), f"the end of {pid}")


def ask_in_background(plane: RunningPlane, request: dict[str, Any]) -> Callable[[], httpx.Response]:
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(plane.post(PREDICT, json=request)))
    thread.start()

    def result() -> httpx.Response:
        thread.join(60)
        return answers[0]

    return result


def test_killed_in_the_middle_of_a_request(plane: RunningPlane) -> None:
    mark = plane.state.parent / "mark"
    first = plane.predict()
    answer = ask_in_background(plane, {"mark": str(mark)})
    until(mark.exists, "the request's arrival")

    os.kill(first, signal.SIGKILL)

    response = answer()
    assert response.status_code == 502
    assert "ended while it was answering" in response.json()["error"]
    second = plane.predict()
    assert second != first
    assert plane.status()["state"] == "ready"


def test_killed_while_idle(plane: RunningPlane) -> None:
    with plane.client() as client:
        for _ in range(3):
            pid = client.post(PREDICT, json={}).json()
            os.kill(pid, signal.SIGKILL)
            until_ended(pid)
            assert client.post(PREDICT, json={}).json() != pid


def test_the_end_is_the_last_error_until_the_next_success(plane: RunningPlane) -> None:
    pid = plane.predict()
    os.kill(pid, signal.SIGKILL)
    until(lambda: plane.status()["pid"]["inference"] not in (pid, None), "the restart")
    error = plane.status()["last_error"]
    assert (error["type"], error["phase"]) == ("ProcessEnded", "serve")
    assert "SIGKILL" in error["message"]
    plane.predict()
    assert plane.status()["last_error"] is None


def test_an_exception_of_the_model_is_kept_until_it_answers(plane: RunningPlane) -> None:
    response = plane.post(PREDICT, json={"fail": True})
    assert response.status_code == 500
    error = until(lambda: plane.status()["last_error"], "the report")
    assert (error["type"], error["message"], error["phase"]) == (
        "ValueError",
        "on purpose",
        "predict",
    )
    assert error["frames"][-1]["path"] == "model/model.py"
    assert error["id"] == response.headers["x-control-truss-error-id"]
    plane.predict()
    assert plane.status()["last_error"] is None


def test_children_of_the_model_end_with_it(new_plane: Callable[..., RunningPlane]) -> None:
    source = model(
        "self.child.pid",
        top="import subprocess",
        load="self.child = subprocess.Popen(['sleep', '1000'])",
    )
    plane = new_plane({"model/model.py": source}).start()
    first = plane.predict()
    changed = {"model/model.py": source + "X = 1\n"}
    assert plane.patch(changed, strategy="reload").json()["strategy"] == "S2"
    second = plane.predict()
    assert first != second
    until_ended(first)
    os.kill(plane.status()["pid"]["inference"], signal.SIGKILL)
    until_ended(second)


def test_a_crash_loop_slows_down_and_a_patch_ends_it(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": model("os._exit(7)", top="import os")}).start()

    def refusal() -> str | None:
        response = plane.post(PREDICT, json={})
        return response.json()["error"] if response.status_code == 503 else None

    assert "times in a row" in until(refusal, "the back-off")
    assert plane.patch({"model/model.py": model("'mended'")}).status_code == 200
    assert plane.predict() == "mended"


def test_stop_and_restart(plane: RunningPlane) -> None:
    first = plane.predict()
    assert plane.post("/control/stop_inference_server").json()["msg"]
    assert plane.status()["state"] == "stopped"
    refused = plane.post(PREDICT, json={})
    assert refused.status_code == 503
    assert "restart_inference_server" in refused.json()["error"]
    assert plane.post("/control/restart_inference_server").json()["msg"]
    assert plane.predict() != first
