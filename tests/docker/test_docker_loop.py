"""The loop in a container: start, edit, patch, predict, and what may go wrong on the way."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from docker_trusses import containers, edit, in_container, only_container

from truss_handle import TrussHandle, operations
from truss_handle.exceptions import ImageFailed, NotControlTruss, PatchFailed, RebuildNeeded
from truss_handle.runtimes.docker_engine import engine
from truss_handle.values import StartOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.values import ProgressEvent

pytestmark = pytest.mark.docker

DOCKER = StartOptions(runtime="docker")
DEADLINE = 90.0  # seconds


def until(holds: Callable[[], bool]) -> None:
    """Poll; a test that waits longer than DEADLINE has failed."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_predict_starts_then_reuses_then_patches_one_container(truss: Path) -> None:
    handle = TrussHandle(truss, runtime="docker")
    assert containers(truss) == []

    first = handle.docker_predict({})
    assert (first["answer"], first["mood"], first["key"]) == ("first", "calm", "s3cret-value")
    container = only_container(truss)

    assert "loading with care" in list(handle.logs())

    assert handle.docker_predict({})["pid"] == first["pid"]

    edit(truss, '"first"', '"second"')
    assert handle.docker_predict({})["answer"] == "second"
    assert only_container(truss).id == container.id
    status = handle.status()
    assert status.in_sync is True
    assert status.hash == status.local_hash

    edit(truss, "calm", "merry", "config.yaml")
    result = handle.patch()
    assert (result.strategy, result.changed) == ("S3", True)
    assert handle.docker_predict({})["mood"] == "merry"
    assert only_container(truss).id == container.id

    assert handle.stop() is True
    assert containers(truss) == []


def test_what_docker_shows_of_it(truss: Path) -> None:
    """Published on loopback only, recognisable, and without token, secrets or what it runs."""
    running = TrussHandle(truss, runtime="docker").docker_run()
    container = only_container(truss)
    bindings = container.attrs["NetworkSettings"]["Ports"]["8080/tcp"]
    assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]
    assert running.url == f"http://127.0.0.1:{bindings[0]['HostPort']}"

    labels = container.labels
    assert (labels["truss"], labels["truss_id"]) == ("true", running.id)
    assert labels["truss_dir"] == str(truss.resolve())
    assert not [name for name in labels if "hash" in name]

    assert running.token_file is not None
    token = running.token_file.read_text().strip()
    with engine() as (client, _):
        shown = json.dumps(container.attrs)
        shown += json.dumps(client.api.inspect_image(container.attrs["Image"]))
        shown += json.dumps(client.api.history(container.attrs["Image"]))
    assert len(token) >= 43
    assert token not in shown
    assert "s3cret-value" not in shown
    # The model can read whatever root can: it finds a digest, from which no token can be had.
    [held] = in_container(truss, "cat /control/token")
    assert held.startswith("sha256:")
    assert token not in held
    assert in_container(truss, "stat -c %a /control/token /secrets /secrets/api_key") == [
        *("600", "700", "600")
    ]


def test_a_patched_container_comes_back_patched(truss: Path) -> None:
    handle = TrussHandle(truss, runtime="docker")
    handle.docker_run()
    edit(truss, '"first"', '"second"')
    handle.patch()
    container = only_container(truss)

    # Behind the back of everybody, as after a restart of the engine: same address, same token.
    container.stop()
    container.start()
    until(lambda: handle.status().state == "ready")
    assert handle.status().in_sync is True
    assert handle.docker_predict({})["answer"] == "second"

    # Stopped and found dead: started again rather than built anew, with a new token.
    only_container(truss).stop()
    assert handle.status().state == "stopped"
    assert handle.docker_predict({})["answer"] == "second"
    assert only_container(truss).id == container.id

    # Stopped and edited: what it holds is not what is asked for.
    only_container(truss).stop()
    edit(truss, '"second"', '"third"')
    assert handle.docker_predict({})["answer"] == "third"
    assert only_container(truss).id != container.id


def test_a_killed_model_is_back_at_once(truss: Path) -> None:
    handle = TrussHandle(truss, runtime="docker")
    pid = handle.docker_predict({})["pid"]
    container = only_container(truss)
    in_container(truss, f"kill -9 {pid}")

    def answers_again() -> bool:
        result = handle.predict({})
        return result.ok and result.body["pid"] != pid

    until(answers_again)
    assert only_container(truss).id == container.id
    # Nothing is left unreaped, whoever its parent was.
    states = in_container(truss, "cat /proc/[0-9]*/stat | cut -d' ' -f3")
    assert "Z" not in states


def test_a_version_that_does_not_load_leaves_the_old_one_serving(truss: Path) -> None:
    handle = TrussHandle(truss, runtime="docker")
    pid = handle.docker_predict({})["pid"]
    edit(truss, 'self.secrets["api_key"]', 'self.secrets["api_key"].no_such_method()')
    with pytest.raises(PatchFailed) as failed:
        handle.patch()
    error = failed.value.model_error
    assert error is not None
    assert (error["type"], error["path"], error["line"]) == ("AttributeError", "model/model.py", 9)
    assert handle.predict({}).body["pid"] == pid
    assert handle.status().in_sync is False


def test_a_change_that_only_a_rebuild_realises_is_named_and_rebuilt(truss: Path) -> None:
    handle = TrussHandle(truss, runtime="docker")
    handle.docker_run()
    container = only_container(truss)
    with (truss / "config.yaml").open("a") as config:
        config.write("build_commands: ['touch /app/built']\n")
    with pytest.raises(RebuildNeeded) as needed:
        handle.patch()
    assert [reason["subject"] for reason in needed.value.reasons] == ["config.yaml:build_commands"]

    # A new image that cannot be built costs nothing of what runs.
    edit(truss, "touch /app/built", "exit 1", "config.yaml")
    with pytest.raises(ImageFailed, match="`RUN exit 1`"):
        handle.docker_predict({})
    assert handle.predict({}).ok
    assert only_container(truss).id == container.id

    edit(truss, "exit 1", "touch /app/built", "config.yaml")
    events: list[ProgressEvent] = []
    assert handle.docker_predict({}, progress=events.append)["answer"] == "first"
    assert [event for event in events if "build_commands" in event.message]
    assert only_container(truss).id != container.id
    assert in_container(truss, "ls /app") == ["built"]


def test_a_plain_truss_runs_and_refuses_patches_naming_the_key(truss: Path) -> None:
    edit(truss, "use_control_plane: true\n", "", "config.yaml")
    handle = TrussHandle(truss, runtime="docker")
    answer: dict[str, Any] = handle.docker_predict({})
    assert (answer["answer"], answer["mood"], answer["key"]) == ("first", "calm", "s3cret-value")
    container = only_container(truss)
    assert handle.docker_predict({})["pid"] == answer["pid"]

    edit(truss, '"first"', '"second"')
    with pytest.raises(NotControlTruss) as refused:
        handle.patch()
    assert refused.value.key == "use_control_plane"
    assert handle.docker_predict({})["answer"] == "second"
    assert only_container(truss).id != container.id


async def test_a_follower_of_a_plain_server_hears_it_until_it_stops(truss: Path) -> None:
    edit(truss, "use_control_plane: true\n", "", "config.yaml")
    edit(truss, "return {", 'print("asked for", model_input); return {')
    await operations.start(truss, DOCKER)
    await operations.predict(truss, "an answer")
    heard: list[str] = []
    async for line in operations.logs(truss, follow=True):
        heard.append(line)
        if "asked for an answer" in line:
            assert await operations.stop(truss)
    assert [line for line in heard if "asked for an answer" in line]
