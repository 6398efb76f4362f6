"""A real control plane, started as a process over a Truss of its own, for tests to drive."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from truss_base.diff import diff
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPOSITORY = Path(__file__).resolve().parents[2]
PREDICT = "/v1/models/model:predict"
CONFIG = "model_name: tiny\nuse_control_plane: true\n"
DEADLINE_SECONDS = 60.0
T = TypeVar("T")


def model(answer: str, *, load: str = "pass", top: str = "", more: str = "") -> str:
    """The source of a model that answers `answer`, a Python expression over `request`."""
    return (
        f"{top}\nclass Model:\n    def load(self):\n        {load}\n"
        f"    def predict(self, request):\n        return {answer}\n{more}\n"
    )


def until(question: Callable[[], T | None], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """Polls until the answer is truthy; the deadline only guards against a hang."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


class RunningPlane:
    """One control plane; `start` may follow `kill` on the same state folder."""

    def __init__(self, root: Path, files: Mapping[str, str | bytes]) -> None:
        self.truss = root / "truss"
        self.state = root / "state"
        self.output = root / "output.txt"
        self._ready = root / "ready.json"
        self._token = secrets.token_hex(32)
        self._token_file = root / "token"
        self._token_file.write_text(self._token)
        self._token_file.chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.write({"config.yaml": CONFIG, **files})

    # Its life

    def start(self, *options: str, environment: Mapping[str, str] | None = None) -> RunningPlane:
        """Starts the process and waits until its control API answers."""
        self.launch(*options, environment=environment)
        until(lambda: self.is_answering or self.has_ended, "the start")
        assert self.is_answering, self.output.read_text()
        return self

    def launch(self, *options: str, environment: Mapping[str, str] | None = None) -> None:
        """Starts the process."""
        self._ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "control.plane", "--state", str(self.state)]
        command += ["--truss", str(self.truss), "--inference-python", sys.executable]
        command += ["--port", "0", "--token-file", str(self._token_file)]
        command += ["--ready-file", str(self._ready), *options]
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env={**os.environ, **(environment or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def is_answering(self) -> bool:
        """Whether the control API has begun to answer."""
        if not self._ready.exists():
            return False
        self.port = json.loads(self._ready.read_text())["port"]
        return True

    @property
    def pid(self) -> int:
        """The control plane's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """SIGKILL, as an out-of-memory killer would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """SIGTERM; gives the exit status."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(DEADLINE_SECONDS)

    def clean_up(self) -> None:
        """Ends the process for good and checks that it leaves none behind."""
        if not self.has_ended:
            # One that a test has stopped hears nothing.
            os.kill(self.pid, signal.SIGCONT)
            self.end()
        until(lambda: not self.leftovers(), f"the end of {self.leftovers()}")

    def leftovers(self) -> list[int]:
        """Inference processes of this plane, found by their socket folder, past ones included."""
        try:
            folder = os.fsencode((self.state / "sockets").readlink())
        except OSError:
            return []
        return [pid for pid, command in _commands() if folder in command and pid != self.pid]

    # Its API

    def client(self, **options: Any) -> httpx.Client:
        """A client that holds the token."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"authorization": f"Bearer {self._token}"},
            timeout=DEADLINE_SECONDS,
            trust_env=False,
            **options,
        )

    def get(self, path: str) -> httpx.Response:
        """GET."""
        with self.client() as client:
            return client.get(path)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST."""
        with self.client() as client:
            return client.post(path, **options)

    def predict(self, request: object = None) -> Any:
        """The model's answer; fails the test on any other."""
        response = self.post(PREDICT, json={} if request is None else request)
        assert response.status_code == 200, (response.status_code, response.text)
        return response.json()

    def status(self) -> dict[str, Any]:
        """`/control/status`."""
        found: dict[str, Any] = self.get("/control/status").json()
        return found

    def hash(self) -> str:
        """The live version."""
        return str(self.get("/control/truss_hash").json()["result"])

    def wait_for(self, state: str) -> dict[str, Any]:
        """The status once it is `state`."""
        return until(lambda: s if (s := self.status())["state"] == state else None, state)

    def serving(self) -> RunningPlane:
        """Itself, once its first version is loaded: `start` returns before that."""
        self.wait_for("ready")
        return self

    # Its Truss on the developer's side

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Saves files of the Truss."""
        for name, content in files.items():
            path = self.truss / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def reset(self, files: Mapping[str, str | bytes]) -> RunningPlane:
        """Makes the Truss, here and in the running plane, what it was at first."""
        shutil.rmtree(self.truss)
        self.write({"config.yaml": CONFIG, **files})
        if self.hash() != Signature.of(self.truss).hash:
            response = self.post("/control/patch", json=self.patch_body())
            assert response.status_code == 200, response.text
        return self

    def patch_body(self) -> dict[str, Any]:
        """The patch from the live version to the files as they are now."""
        live = Signature.from_dict(self.get("/control/signature").json())
        patches = [patch.to_wire() for patch in diff(live, self.truss)]
        return {
            "hash": Signature.of(self.truss).hash,
            "prev_hash": live.hash,
            "patches": patches,
        }

    def patch(self, files: Mapping[str, str | bytes], **members: Any) -> httpx.Response:
        """Saves `files` and sends the patch."""
        self.write(files)
        return self.post("/control/patch", json={**self.patch_body(), **members})


def _commands() -> list[tuple[int, bytes]]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append((int(entry.parent.name), entry.read_bytes()))
        except OSError:
            continue
    return found
