"""Start, status, logs, recovery, end."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
from running_plane import CONFIG, PREDICT, RunningPlane, model, until

from control.plane import VERSION
from truss_base.hash import truss_hash
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("'one'")}
GATED = """
import pathlib, time

class Model:
    def load(self):
        while not pathlib.Path({gate!r}).exists():
            time.sleep(0.01)

    def predict(self, request):
        print("predicting", request)
        return "one"
"""


@pytest.fixture(scope="module")
def plane(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    plane = module_plane(FILES).start()
    plane.predict()
    return plane


def test_status_says_what_runs(plane: RunningPlane) -> None:
    status = until(lambda: s if (s := plane.status())["spare_ready"] else None, "the spare")
    assert status["hash"] == truss_hash(plane.truss)
    assert (status["state"], status["truss"], status["version"]) == ("ready", "tiny", VERSION)
    assert status["release"] == (plane.state / "current").readlink().name
    assert status["pid"]["control"] == plane.pid
    assert all(megabytes > 5 for megabytes in status["memory_mb"].values())
    assert status["last_error"] is None
    assert status["patches"] == []
    assert status["load_seconds"] >= 0


def test_the_signature_is_that_of_the_directory(plane: RunningPlane) -> None:
    assert Signature.from_dict(plane.get("/control/signature").json()) == Signature.of(plane.truss)


def test_nothing_is_ever_partially_applied(plane: RunningPlane) -> None:
    assert plane.get("/control/has_partially_applied_patch").json() == {"result": False}


def test_metrics_for_prometheus(plane: RunningPlane) -> None:
    text = plane.get("/control/metrics").text
    assert 'control_truss_state{state="ready"} 1\n' in text
    assert "# TYPE control_truss_proxied_requests_total counter" in text


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/control/nothing", 404, "not_found"),
        ("GET", "/control", 404, "not_found"),
        ("GET", "/control/patch", 405, "method_not_allowed"),
        ("POST", "/control/status", 405, "method_not_allowed"),
        ("GET", "/control/logs?tail=many", 400, "invalid_request"),
    ],
)
def test_what_the_api_does_not_have(
    plane: RunningPlane, method: str, path: str, status: int, kind: str
) -> None:
    with plane.client() as client:
        response = client.request(method, path)
    assert (response.status_code, response.json()["type"]) == (status, kind)


def test_requests_wait_for_the_first_load_and_probes_do_not(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({})
    gate = plane.state.parent / "gate"
    plane.write({"model/model.py": GATED.format(gate=str(gate))})
    plane.start("--no-spare")
    plane.wait_for("loading")
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(plane.predict({"a": 1})))
    waiting.start()
    for path in ("/v1/models/model", "/v1/models/model/loaded", "/ping", "/"):
        response = plane.get(path)
        assert response.status_code == 503, path
        assert "loading" in response.json()["error"]
    assert answers == []
    gate.touch()
    waiting.join()
    assert answers == ["one"]
    assert plane.get("/v1/models/model").status_code == 200
    check_logs(plane)


def check_logs(plane: RunningPlane) -> None:
    until(lambda: "predicting {'a': 1}\n" in plane.get("/control/logs").text, "the first line")
    plane.predict({"b": 2})
    until(lambda: "{'b': 2}" in plane.get("/control/logs?tail=1").text, "the line")
    assert plane.get("/control/logs?tail=1").text.count("\n") == 1
    until(lambda: "predicting" in plane.output.read_text(), "the echo of the output")
    url = "/control/logs?tail=1&follow=true"
    with plane.client() as client, client.stream("GET", url) as response:
        lines = response.iter_lines()
        assert next(lines) == "predicting {'b': 2}"
        plane.predict({"c": 3})
        assert next(lines) == "predicting {'c': 3}"


def test_the_wait_for_the_first_load_is_bounded(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane({})
    never = str(plane.state.parent / "never")
    plane.write({"model/model.py": GATED.format(gate=never)})
    plane.start("--no-spare", "--load-timeout", "1")
    response = plane.post(PREDICT, json={})
    assert response.status_code == 503
    assert plane.wait_for("failed")["last_error"]["type"] == "TimeoutError"


def test_a_restart_serves_the_patched_version_under_its_hash(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane(FILES).start("--no-spare")
    assert plane.patch({"model/model.py": model("'two'")}).status_code == 200
    history = plane.status()["patches"]
    assert plane.end() == 0
    # What the developer's folder holds now is not asked: the state folder is the truth.
    plane.write({"model/model.py": "broken("})
    plane.start("--no-spare")
    assert plane.predict() == "two"
    status = plane.status()
    assert status["hash"] == history[-1]["hash"]
    assert [patch["hash"] for patch in status["patches"]] == [history[-1]["hash"]]


def test_it_ends_while_somebody_follows_the_log(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(FILES).start("--no-spare")
    with plane.client() as client, client.stream("GET", "/control/logs?follow=1"):
        assert plane.end() == 0
    assert plane.leftovers() == []


def test_a_port_that_is_taken(new_plane: Callable[..., RunningPlane]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(AssertionError, match=f"Port {port} on 127.0.0.1 is taken"):
            new_plane(FILES).start("--port", port)


@pytest.mark.parametrize(
    ("remove", "message"),
    [("config.yaml", "config.yaml is missing"), (".", "there is no such directory")],
)
def test_a_folder_that_is_no_truss(
    new_plane: Callable[..., RunningPlane], remove: str, message: str
) -> None:
    plane = new_plane(FILES)
    if remove == ".":
        plane.truss = plane.truss / "elsewhere"
    else:
        (plane.truss / remove).unlink()
    with pytest.raises(AssertionError, match=message):
        plane.start()


@pytest.mark.parametrize(
    "text",
    [
        CONFIG + "from_the_future: {a: [1, 2]}\nresources: {accelerator: X9000}\n",
        CONFIG + "runtime: 3\nenvironment_variables: [a]\n",
        CONFIG + "model_metadata: {2026-01-01: 2026-01-02, 1: one}\n",
        "use_control_plane: true\n: : :\n",
    ],
)
def test_a_config_it_does_not_understand_does_not_stop_it(
    new_plane: Callable[..., RunningPlane], text: str
) -> None:
    plane = new_plane({**FILES, "config.yaml": text}).start("--no-spare")
    assert plane.predict() == "one"
