"""Every end is bounded: of requests that hang, of children that resist, of old processes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from running_plane import PREDICT, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

HANGING = model(
    "(pathlib.Path(request['mark']).touch(), time.sleep(1000)) if request else os.getpid()",
    top="import os, pathlib, time",
)
# A child like an engine's worker: notes whether its parent still lives when it is asked to end.
CHILD = """
import os, signal, sys, time
parent, note, obeys = os.getppid(), sys.argv[1], sys.argv[2] == "obeys"
def asked(*_):
    open(note, "a").write("with its parent\\n" if os.getppid() == parent else "alone\\n")
    if obeys:
        sys.exit()
signal.signal(signal.SIGTERM, asked)
open(note, "a").write("ready\\n")
while True:
    time.sleep(1000)
"""
ENGINE = """
import os, pathlib, subprocess, sys, time

class Model:
    def load(self):
        note = pathlib.Path({note!r})
        command = [sys.executable, "-c", {child!r}, str(note), {kind!r}]
        self.child = subprocess.Popen(command)
        while not note.exists():
            time.sleep(0.01)

    def predict(self, request):
        return [os.getpid(), self.child.pid]
"""


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_a_request_that_hangs_is_cut_off_when_its_time_is_up(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": HANGING}).start("--drain-timeout", "0.5")
    old, mark = plane.predict(), plane.state.parent / "mark"
    responses: list[httpx.Response] = []
    hanging = threading.Thread(
        target=lambda: responses.append(plane.post(PREDICT, json={"mark": str(mark)}))
    )
    hanging.start()
    until(mark.exists, "the request's arrival")

    assert plane.patch({"model/model.py": HANGING + "X = 1\n"}, strategy="reload").is_success

    hanging.join()
    assert responses[0].status_code == 502
    assert "--drain-timeout" in responses[0].json()["error"]
    until(lambda: gone(old), "the end of the old process")


def engine(plane: RunningPlane, kind: str) -> str:
    note = plane.state.parent / f"{kind}.txt"
    plane.write({"model/model.py": ENGINE.format(note=str(note), child=CHILD, kind=kind)})
    return str(note)


def test_children_are_asked_while_their_parent_lives(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({})
    note = engine(plane, "obeys")
    plane.start()
    parent, child = plane.predict()
    assert plane.patch({"model/model.py": model("'next'")}, strategy="reload").is_success
    until(lambda: gone(parent) and gone(child), "the end of both")
    assert Path(note).read_text() == "ready\nwith its parent\n"


def test_a_child_that_resists_is_killed(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane({})
    engine(plane, "resists")
    plane.start()
    parent, child = plane.predict()
    assert plane.post("/control/stop_inference_server").is_success
    assert gone(parent)
    until(lambda: gone(child), "the end of the child")


def test_each_process_has_a_socket_of_its_own_and_takes_it_along(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": model("0")}).start("--no-spare")
    plane.predict()
    folder = (plane.state / "sockets").resolve()
    [first] = folder.glob("*.sock")
    assert plane.patch({"model/model.py": model("1")}, strategy="restart").is_success
    assert plane.predict() == 1
    [second] = folder.glob("*.sock")
    assert first != second
    plane.end()
    assert not folder.exists()
