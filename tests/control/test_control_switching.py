"""Requests during a switch: none fails, none is answered by the old version afterwards."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from running_plane import PREDICT, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("0")}
SLEEPER = """
import pathlib, time

class Model:
    def predict(self, request):
        pathlib.Path(request["mark"]).touch()
        while not pathlib.Path(request["until"]).exists():
            time.sleep(0.01)
        return VERSION

VERSION = {version}
"""
STREAM = """
import pathlib, time

class Model:
    def predict(self, request):
        yield "{version} "
        while not pathlib.Path(request["until"]).exists():
            time.sleep(0.01)
        yield "{version}"
"""


@pytest.fixture
def plane(new_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return new_plane(FILES).start()


class Client(threading.Thread):
    """Asks in a closed loop and keeps every answer with the number of patches done before it."""

    def __init__(self, plane: RunningPlane, done: list[int]) -> None:
        super().__init__()
        self._plane = plane
        self._done = done
        self._ended = threading.Event()
        self.answers: list[tuple[int, int, int]] = []
        self.failures: list[str] = []

    def run(self) -> None:
        with self._plane.client() as client:
            while not self._ended.is_set():
                before = self._done[0]
                try:
                    response = client.post(PREDICT, json={})
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                    continue
                if response.status_code != 200:
                    self.failures.append(response.text)
                else:
                    self.answers.append((before, response.json(), self._done[0]))

    def finish(self) -> None:
        self._ended.set()
        self.join()


def test_no_request_fails_or_sees_the_old_version_after_the_patch(plane: RunningPlane) -> None:
    done = [0]
    clients = [Client(plane, done) for _ in range(4)]
    for client in clients:
        client.start()
    for version in range(1, 6):
        response = plane.patch({"model/model.py": model(str(version))})
        assert response.status_code == 200, response.text
        done[0] = version
    for client in clients:
        client.finish()

    assert [client.failures for client in clients] == [[], [], [], []]
    answers = [answer for client in clients for answer in client.answers]
    assert all(version >= before for before, version, _ in answers), "an old answer after 'done'"
    assert {version for _, version, _ in answers} >= {0, 5}


def test_a_request_in_flight_ends_on_the_version_it_began_with(plane: RunningPlane) -> None:
    mark, gate = plane.state.parent / "mark", plane.state.parent / "gate"
    plane.patch({"model/model.py": SLEEPER.format(version=1)})
    answers = []
    request = {"mark": str(mark), "until": str(gate)}
    thread = threading.Thread(target=lambda: answers.append(plane.predict(request)))
    thread.start()
    until(mark.exists, "the request's arrival")

    assert plane.patch({"model/model.py": SLEEPER.format(version=2)}).status_code == 200
    gate.touch()
    assert plane.predict(request) == 2
    thread.join()
    assert answers == [1]


def test_a_stream_in_flight_ends_on_the_version_it_began_with(plane: RunningPlane) -> None:
    gate = plane.state.parent / "gate"
    plane.patch({"model/model.py": STREAM.format(version=1)})
    request = {"until": str(gate)}
    with plane.client() as client, client.stream("POST", PREDICT, json=request) as response:
        parts = response.iter_text()
        assert next(parts) == "1 "
        assert plane.patch({"model/model.py": STREAM.format(version=2)}).status_code == 200
        gate.touch()
        assert "".join(parts) == "1"
    assert plane.post(PREDICT, json=request).text == "2 2"


def test_requests_that_hang_do_not_hold_up_patches_or_pile_up(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": SLEEPER.format(version=0)}).start()
    gate = plane.state.parent / "gate"
    responses: list[httpx.Response] = []
    threads = []
    for version in range(1, 5):
        mark = plane.state.parent / f"mark{version}"
        request = {"mark": str(mark), "until": str(gate)}
        threads.append(
            threading.Thread(
                target=lambda request=request: responses.append(plane.post(PREDICT, json=request))
            )
        )
        threads[-1].start()
        until(mark.exists, "the request's arrival")
        files = {"model/model.py": SLEEPER.format(version=version)}
        # A hot swap stays in the process, where the model's one worker is held by what hangs.
        assert plane.patch(files, strategy="reload").status_code == 200
    # Two old versions may drain; the older ones are told that their time is up.
    threads[0].join()
    threads[1].join()
    assert [response.status_code for response in responses] == [502, 502]
    assert "has been replaced" in responses[0].json()["error"]
    until(lambda: len(plane.leftovers()) <= 4, "the end of the oldest versions")
    gate.touch()
    for thread in threads[2:]:
        thread.join()
    assert [response.status_code for response in responses[2:]] == [200, 200]


def test_patches_queue_up(plane: RunningPlane) -> None:
    plane.write({"model/model.py": model("1")})
    body = plane.patch_body()
    responses: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: responses.append(plane.post("/control/patch", json=body)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [response.status_code for response in responses] == [200, 200, 200]
    assert sum("nothing to do" in response.json()["msg"] for response in responses) == 2
    assert plane.predict() == 1
