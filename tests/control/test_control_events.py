"""`GET /control/events`: whoever listens is told what changes, and asks nothing meanwhile."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from running_plane import RunningPlane, model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = "model/model.py"
RAISING = {MODEL: model("1 // len(request)")}


@pytest.fixture
def plane(new_plane: Callable[..., RunningPlane]) -> RunningPlane:
    plane = new_plane(RAISING).start()
    plane.wait_for("ready")
    return plane


@contextmanager
def listening(plane: RunningPlane) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of one connection, from now on."""
    with plane.client() as client, client.stream("GET", "/control/events") as response:
        assert response.headers["content-type"] == "application/x-ndjson"
        yield map(json.loads, response.iter_lines())


def heard(events: Iterator[dict[str, Any]], what: Callable[[dict[str, Any]], bool]) -> None:
    """Listens until an event tells that; the client's time-out guards against silence."""
    assert any(event["event"] == "status" and what(event) for event in events), "the stream ended"


def test_the_first_event_is_the_status_as_it_is(plane: RunningPlane) -> None:
    with listening(plane) as events:
        first = next(events)
    status = plane.status()
    assert first["event"] == "status"
    assert first.keys() - {"event"} == status.keys()
    assert (first["hash"], first["state"]) == (status["hash"], "ready")


def test_every_change_is_told(plane: RunningPlane) -> None:
    old = plane.hash()
    with listening(plane) as events:
        heard(events, lambda status: status["spare_ready"])
        plane.post("/v1/models/model:predict", json={})
        heard(
            events, lambda status: (status["last_error"] or {}).get("type") == "ZeroDivisionError"
        )
        plane.predict({"a": 1})
        heard(events, lambda status: status["last_error"] is None)
        assert plane.patch({MODEL: model("'new'", load="import json")}).status_code == 200
        heard(
            events,
            lambda status: status["hash"] != old and [p["ok"] for p in status["patches"]] == [True],
        )
        plane.patch({MODEL: model("'new'", load="1 / 0")})
        heard(events, lambda status: bool(status["last_patch_error"]))
        plane.post("/control/stop_inference_server", json={})
        heard(events, lambda status: status["state"] == "stopped")


def test_a_loading_model_is_told_from_a_ready_one(plane: RunningPlane) -> None:
    with listening(plane) as events:
        plane.post("/control/stop_inference_server", json={})
        heard(events, lambda status: status["state"] == "stopped")
        plane.post("/control/restart_inference_server", json={})
        heard(events, lambda status: status["state"] == "ready" and status["pid"]["inference"])


def test_the_stream_ends_with_the_plane(plane: RunningPlane) -> None:
    with listening(plane) as events:
        next(events)
        assert plane.end() == 0
        assert [event for event in events if event["event"] != "status"] == []
