"""The crash matrix: what is taken away at which step, and what has to be true afterwards.

A control plane is started on a copy of a used state folder, armed with one fail point. Where it
dies or stops there, something is taken away: itself, its inference processes, both, the room on
the disk, or the right to write. Given everything back and started again, the hash, the files and
the answers agree on one version; on which one the table says, or what the patch was answered.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import mortality
from running_plane import CONFIG, PREDICT, RunningPlane, model, until

from control.plane import failpoints
from truss_base.hash import truss_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OLD = {"model/model.py": model("'old'")}
OPTIONS = ["--no-spare", "--healthy-after", "0.2"]
TMPFS_SIZE = "8m"
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@dataclass(frozen=True)
class Scenario:
    """What is done so that certain steps are reached. No `files`: only a start."""

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = tuple(OPTIONS)


NEW = {"model/model.py": model("'new'"), "data/more.txt": "more"}
BROKEN = {"model/model.py": model("'broken'", load="raise ValueError('no')")}
CRASHING = {
    "model/model.py": model("'crashing'", top="import mortality", load="mortality.begin()"),
    "packages/mortality.py": mortality.TEXT,
}
VARIABLE = {**NEW, "config.yaml": CONFIG + "environment_variables:\n  WORD: new\n"}

START = Scenario("start")
SPARE = Scenario("spare", options=("--healthy-after", "0.2"))
RELOAD = Scenario("reload", NEW, {"strategy": "reload"})
HOT = Scenario("hot", {"model/model.py": model("'new'")})
SETTLE = Scenario("settle", HOT.files, options=(*OPTIONS, "--settle-after", "0.05"))
RESTART = Scenario("restart", NEW, {"strategy": "restart"})
ENVIRONMENT = Scenario("environment", VARIABLE)
FAILING = Scenario("failing", BROKEN, {"strategy": "reload"})
REVIVED = Scenario("revived", BROKEN, {"strategy": "restart"})
ROLLBACK = Scenario("rollback", CRASHING)


@dataclass(frozen=True)
class Step:
    """One fail point on the way of a scenario, and what is live after a `kill -9` there."""

    scenario: Scenario
    point: str
    live: str


def _steps(scenario: Scenario, **points: str) -> list[Step]:
    return [
        Step(scenario, f"{group}.{name}", live)
        for group, names in points.items()
        for live, name in (pair.split(":") for pair in names.split())
    ]


STEPS = [
    *_steps(START, journal="old:written old:replaced", collect="old:begun"),
    *_steps(START, collect="old:unrecorded old:removed"),
    *_steps(START, load="old:taken"),
    *_steps(SPARE, spare="old:wanted"),
    *_steps(RELOAD, stage="old:created old:begun old:half old:tree old:configured old:recorded"),
    *_steps(RELOAD, patch="old:staged old:loading old:settled old:loaded new:switched"),
    *_steps(RELOAD, commit="old:begun old:linked new:renamed new:synced new:journaled"),
    *_steps(RELOAD, health="new:marked"),
    *_steps(HOT, swap="old:prepared new:adopted new:committed", patch="old:loaded new:switched"),
    *_steps(HOT, commit="old:linked new:renamed new:journaled"),
    *_steps(SETTLE, settle="new:begun new:loaded"),
    *_steps(ENVIRONMENT, patch="old:loading old:loaded", commit="new:renamed"),
    *_steps(RESTART, stop="old:held old:emptied", patch="old:loading old:loaded"),
    *_steps(RESTART, commit="old:linked new:renamed new:journaled"),
    *_steps(FAILING, undo="old:begun old:forgotten old:journaled"),
    *_steps(REVIVED, undo="old:begun old:forgotten", revive="old:begun"),
    *_steps(ROLLBACK, rollback="old:loaded old:begun old:linked old:renamed old:synced"),
    *_steps(ROLLBACK, rollback="old:journaled old:switched"),
]


def used_state(plane: RunningPlane) -> Path:
    """The state folder of a plane that has run: a healthy live release, and older ones."""
    for number in range(3):
        plane.write({"data/number.txt": str(number)})
        plane.start(*OPTIONS) if plane.has_ended else plane.patch({}, strategy="reload")
        plane.predict()
    plane.patch(OLD | {"data/number.txt": "last"}, strategy="reload")
    plane.predict()
    until((plane.state / "current/healthy").exists, "the mark of a healthy release")
    plane.end()
    # What a crash may leave: complete, and never live.
    shutil.copytree(plane.state / "current/", plane.state / "releases/leftover", symlinks=True)
    return plane.state


class Trial:
    """One case of the matrix on one plane."""

    def __init__(self, plane: RunningPlane, step: Step) -> None:
        self._plane = plane
        self._step = step
        self._old_hash = truss_hash(plane.state / "current/tree")
        self._response: httpx.Response | None = None
        self._sender: threading.Thread | None = None

    def kill_control(self) -> None:
        """`kill -9` of the control plane, by itself, exactly at the step."""
        self._arm("")
        self._send()
        until(lambda: self._plane.has_ended or self._asked(), self._step.point)
        self._join()
        self._check({self._step.live})

    def take_away(self, take: Callable[[RunningPlane], None], back: Callable[..., None]) -> None:
        """Stops at the step, lets `take` have something, goes on, and gives it `back`."""
        self._arm(failpoints.STOP)
        self._send()
        until(lambda: _state(self._plane.pid) in "TZ" or self._asked(), self._step.point)
        assert _state(self._plane.pid) == "T", self._plane.output.read_text()
        take(self._plane)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._plane.pid, signal.SIGCONT)
        self._join()
        expected = self._answered()
        # A start on a folder that cannot be written to ends with a message.
        until(lambda: self._plane.has_ended or self._plane.is_answering, "the start, or its end")
        if not self._plane.has_ended and expected != {"old", "new"} and self._is_told_at_once:
            self._agrees(expected)
        back(self._plane)
        self._check(expected)

    def _arm(self, action: str) -> None:
        options, environment = self._step.scenario.options, {}
        environment[failpoints.VARIABLE] = self._step.point + action
        self._plane.launch(*options, environment=environment)

    def _send(self) -> None:
        if not self._step.scenario.files:
            return
        until(lambda: self._plane.has_ended or self._plane.is_answering, "the start")
        self._plane.predict()
        self._plane.write(self._step.scenario.files)
        body = {**self._plane.patch_body(), **self._step.scenario.members}
        self._sender = threading.Thread(target=self._patch, args=[body])
        self._sender.start()

    def _asked(self) -> bool:
        """Asks the new version once it is live: some steps come after an answer. Never true."""
        if self._response is not None and self._step.point == "health.marked":
            with contextlib.suppress(httpx.TransportError), self._plane.client() as client:
                client.post(PREDICT, json={}, timeout=1.0)
        return False

    def _patch(self, body: Mapping[str, Any]) -> None:
        with contextlib.suppress(httpx.TransportError):
            self._response = self._plane.post("/control/patch", json=body)

    @property
    def _is_told_at_once(self) -> bool:
        """Whether the answers are to agree before the restart: a first load that failed is not
        tried again, and no version is taken back on a disk that cannot be written to."""
        return self._step.scenario not in (START, ROLLBACK)

    def _join(self) -> None:
        if self._sender is not None:
            self._sender.join()

    def _answered(self) -> set[str]:
        """The versions that the answer to the patch leaves possible."""
        if self._step.scenario in (START, SPARE, ROLLBACK):
            return {"old"}
        if self._response is None:
            return {"old", "new"}
        assert self._response.status_code in (200, 422), self._response.text
        return {"new"} if self._response.status_code == 200 else {"old"}

    def _check(self, expected: set[str]) -> None:
        """After a restart: hash, files, answers and processes agree on one of `expected`."""
        plane = self._plane
        plane.kill()
        plane.start(*OPTIONS)
        answer = self._agrees(expected)
        until(lambda: len(plane.leftovers()) == 1, "the end of orphans")
        assert plane.predict() == answer
        assert plane.patch({"model/model.py": model("'next'")}).status_code == 200
        assert plane.predict() == "next"

    def _agrees(self, expected: set[str]) -> str:
        """The answer, once the plane gives one of those that are expected."""
        plane = self._plane

        def answer() -> str | None:
            # A version that crashes answers too, until it is taken back.
            response = plane.post(PREDICT, json={})
            good = response.status_code == 200 and response.json() in expected
            return str(response.json()) if good else None

        found = until(answer, f"an answer that is one of {expected}")
        files = truss_hash(plane.state / "current/tree")
        assert plane.hash() == files, "the files are not those of the hash"
        assert (found == "old") == (files == self._old_hash), "the answer is not that of the hash"
        return found


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def nothing(plane: RunningPlane) -> None:
    """Takes or gives nothing."""


def kill_inference(plane: RunningPlane) -> None:
    """`kill -9` of every inference process: the serving one and the one being prepared."""
    for pid in plane.leftovers():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def kill_both(plane: RunningPlane) -> None:
    """`kill -9` of everything at once."""
    plane.kill()
    kill_inference(plane)


def fill_disk(plane: RunningPlane) -> None:
    """Not one byte is left. The state folder is a file system of its own."""
    with (plane.state / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 4096):
            continue


def empty_disk(plane: RunningPlane) -> None:
    """There is room again."""
    (plane.state / "filler").unlink()


def forbid_writing(plane: RunningPlane) -> None:
    """Read-only for whoever opens anything from now on; what is open takes no byte more."""
    _run("mount", "--bind", str(plane.state), str(plane.state))
    _run("mount", "-o", "remount,bind,ro", str(plane.state))
    resource.prlimit(plane.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def allow_writing(plane: RunningPlane) -> None:
    """Takes the ban away."""
    _run("umount", "--lazy", str(plane.state))
    if not plane.has_ended:
        resource.prlimit(plane.pid, resource.RLIMIT_FSIZE, UNLIMITED)


TAKEN = {
    "inference": (kill_inference, nothing),
    "both": (kill_both, nothing),
    "full": (fill_disk, empty_disk),
    "read-only": (forbid_writing, allow_writing),
}
NEEDS_MOUNT = {"full", "read-only"}


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A small file system at `folder`, which a test may fill."""
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={TMPFS_SIZE}", "tmpfs", str(folder))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def may_mount(folder: Path) -> bool:
    """Whether this user may mount anything here."""
    with contextlib.suppress(subprocess.CalledProcessError, OSError), mounted(folder):
        return True
    return False


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
