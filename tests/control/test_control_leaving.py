"""A client that leaves ends its patch, unless the new version is live already."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from running_plane import RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("'one'")}
HANGING = model("'two'", load="__import__('time').sleep(1000)")
NDJSON = {"accept": "application/x-ndjson"}
SEND = """
import json, sys, httpx
url, headers, body = json.loads(sys.stdin.read())
httpx.post(url, headers=headers, json=body, timeout=None)
"""


@pytest.fixture(scope="module")
def started(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    # Nothing else than what is tested replaces the process.
    return module_plane(FILES).start("--settle", "never").serving()


@pytest.fixture
def plane(started: RunningPlane) -> RunningPlane:
    return started.reset(FILES)


def sent(plane: RunningPlane, headers: dict[str, str]) -> subprocess.Popen[str]:
    """A client of its own process that has sent a patch to the files as they are."""
    with plane.client() as client:
        given = [f"{client.base_url}/control/patch", {**client.headers, **headers}]
    body = plane.patch_body()
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", SEND]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps([*given, body]))
    process.stdin.close()
    return process


@pytest.mark.parametrize("headers", [{}, NDJSON], ids=["plain", "stream"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_client_that_leaves_ends_its_patch(
    plane: RunningPlane, headers: dict[str, str], how: int
) -> None:
    before = plane.status()
    plane.write({"model/model.py": HANGING})
    client = sent(plane, headers)
    plane.wait_for("patching")

    client.send_signal(how)
    client.wait()

    after = plane.wait_for("ready")
    assert (after["hash"], after["release"]) == (before["hash"], before["release"])
    assert (after["pid"], after["pending"]) == (before["pid"], None)
    assert after["patches"][-1]["error"] == "abandoned"
    assert after["last_error"] is None
    until(lambda: len(plane.leftovers()) == 2, "the end of the process that was loading")
    assert plane.patch({"model/model.py": model("'three'")}).status_code == 200
    assert plane.predict() == "three"


@pytest.mark.parametrize("headers", [{}, NDJSON], ids=["plain", "stream"])
def test_a_client_that_leaves_while_it_waits_ends_nothing_else(
    plane: RunningPlane, headers: dict[str, str]
) -> None:
    plane.write({"model/model.py": HANGING})
    first = sent(plane, NDJSON)
    hanging = plane.wait_for("patching")["pending"]
    body: dict[str, Any] = {"hash": "b" * 64, "prev_hash": "a" * 64, "patches": []}
    second = leave_after_sending(plane, body, headers)
    until(lambda: plane.status()["pending"] == "b" * 64, "the arrival of the second")
    second.close()
    until(lambda: plane.status()["pending"] == hanging, "the end of the second")
    assert plane.status()["state"] == "patching"
    first.kill()
    first.wait()
    plane.wait_for("ready")


@pytest.mark.parametrize("headers", [{}, NDJSON], ids=["plain", "stream"])
def test_what_was_live_before_its_client_left_stays(
    plane: RunningPlane, headers: dict[str, str]
) -> None:
    plane.write({"model/model.py": model("'two'")})
    body = plane.patch_body()
    connection = leave_after_sending(plane, body, headers)
    until(lambda: plane.hash() == body["hash"], "the commit")
    connection.close()
    until(lambda: plane.status()["pending"] is None, "the switch, which follows the commit")
    assert plane.predict() == "two"
    assert plane.hash() == body["hash"]
    assert plane.status()["patches"][-1]["ok"] is True


def leave_after_sending(
    plane: RunningPlane, body: dict[str, Any], headers: dict[str, str]
) -> socket.socket:
    """A connection on which a patch was sent and whose answer nobody reads."""
    with plane.client() as client:
        request = client.build_request("POST", "/control/patch", json=body, headers=headers)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join(["POST /control/patch HTTP/1.1", *lines, "", ""])
    connection = socket.create_connection(("127.0.0.1", plane.port))
    connection.sendall(head.encode() + request.content)
    return connection
