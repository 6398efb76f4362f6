"""From "load this release" to "ready", three ways: a warm spare, a fork server, a cold start.

And the whole way, `load()` edited and saved -> first new answer, with a trivial model and with
heavy imports at the top of the file. What the spare costs in memory is beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Row, publish
from benchmarks.spare_memory import over_the_imports, preload
from tests.inference.inference_process import (
    SERVER_DIR,
    Managed,
    Truss,
    booted,
    write_truss,
)
from truss_handle import operations

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES = 20
COLD_TIMES = 5
FORK_SERVER = Path(__file__).with_name("fork_server.py")
MODEL = """\
{imports}

class Model:
    def load(self):
        self.answer = {answer}

    def predict(self, model_input):
        return self.answer
"""
CONFIG = "python_version: py311\nuse_control_plane: true\nrequirements: {requirements}\n"


@dataclass(frozen=True)
class Case:
    """`modules` are imported at the top of the model's file."""

    name: str
    modules: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    target: float | None = None

    def model(self, answer: int) -> str:
        imports = "\n".join(f"import {module}" for module in self.modules)
        return MODEL.format(imports=imports, answer=answer)


CASES = (
    Case("trivial", target=70),
    Case("numpy, sklearn", ("numpy", "sklearn.linear_model"), ("numpy", "scikit-learn"), 90),
    Case("torch", ("torch",), ("torch==2.13.0",), 90),
)


def main() -> None:
    wanted = sys.argv[1:]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users' processes keep what they compile
    cases = [case for case in CASES if not wanted or case.name.split(",")[0] in wanted]
    with tempfile.TemporaryDirectory(prefix="bench-spare-") as folder:
        rows = [row for case in cases for row in _rows(case, Path(folder))]
    publish("spare", "A process for the new version", rows)


def _rows(case: Case, folder: Path) -> Iterator[Row]:
    root = folder / case.name.replace(", ", "-")
    python = _environment(case, root / "venv")
    if python is None:
        print(f"  {case.name}: left out, its packages could not be installed")
        return
    truss = write_truss(root, case.model(1))
    cold = tuple(_cold(truss, python) for _ in range(COLD_TIMES))
    yield Row(f"{case.name}: cold start", cold)
    with _fork_server(case, python) as server:
        forks = tuple(server.load(truss) for _ in range(TIMES))
    yield Row(f"{case.name}: fork server", forks)
    samples = [_spare(case, truss, python) for _ in range(TIMES if not case.modules else 8)]
    yield Row(f"{case.name}: spare process", tuple(ready for ready, _ in samples))
    yield Row(f"{case.name}: until the next spare is warm", tuple(warm for _, warm in samples))
    over = tuple(over_the_imports(python, case.modules) for _ in range(3))
    yield Row(f"{case.name}: spare over the imports alone", over, "MB", target=15)
    whole = asyncio.run(_edits(case, root))
    yield Row(f"{case.name}: load() edited -> new answer", whole, target=case.target)


def _environment(case: Case, folder: Path) -> str | None:
    """The interpreter of an environment as a Truss gets it, byte code included."""
    uv = [str(Path(sys.executable).with_name("uv")), "--quiet"]
    serving = ["--compile-bytecode", "--requirements", str(SERVER_DIR / "requirements.txt")]
    commands = [
        [*uv, "venv", "--python", sys.executable, str(folder)],
        [*uv, "pip", "install", "--python", str(folder), *serving, *case.requirements],
    ]
    for command in commands:
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            return None
    return str(folder / "bin" / "python")


def _cold(truss: Truss, python: str) -> float:
    began = time.perf_counter()
    with booted(python) as server:
        return _load(server, truss, began)


def _spare(case: Case, truss: Truss, python: str) -> tuple[float, float]:
    """Milliseconds to ready; milliseconds until it was warm."""
    began = time.perf_counter()
    with booted(python) as server:
        preload(server, case.modules)
        warm = (time.perf_counter() - began) * 1000
        return _load(server, truss, time.perf_counter()), warm


def _load(server: Managed, truss: Truss, began: float) -> float:
    server.load(truss)
    server.event("ready")
    return (time.perf_counter() - began) * 1000


class ForkServer:
    """The parent process, seen from where the control plane would stand."""

    def __init__(self, channel: socket.socket, folder: Path) -> None:
        self._channel = channel
        self._folder = folder
        self._number = 0

    def load(self, truss: Truss) -> float:
        """Milliseconds from the request for a child to its being ready."""
        self._number += 1
        path = str(self._folder / f"{self._number}.sock")
        ours, theirs = socket.socketpair()
        ours.settimeout(30)
        began = time.perf_counter()
        socket.send_fds(self._channel, [path.encode()], [theirs.fileno()])
        theirs.close()
        server = Managed(_Child(), ours, path)  # type: ignore[arg-type] # ends with its channel
        try:
            return _load(server, truss, began)
        finally:
            server.http.close()
            ours.close()


class _Child:
    output = ""


@contextlib.contextmanager
def _fork_server(case: Case, python: str) -> Iterator[ForkServer]:
    ours, theirs = socket.socketpair()
    given = theirs.fileno()
    command = [python, str(FORK_SERVER), str(SERVER_DIR), *case.modules]
    with tempfile.TemporaryDirectory(prefix="ct-") as folder:
        parent = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL)
        theirs.close()
        try:
            assert ours.recv(64) == b"booted\n"
            yield ForkServer(ours, Path(folder))
        finally:
            ours.close()
            parent.wait(30)


async def _edits(case: Case, root: Path) -> tuple[float, ...]:
    os.environ["CONTROL_TRUSS_HOME"] = str(root / "state")
    truss = root / "edited"
    (truss / "model").mkdir(parents=True)
    (truss / "config.yaml").write_text(CONFIG.format(requirements=list(case.requirements)))
    model = truss / "model" / "model.py"
    model.write_text(case.model(0))
    await operations.start(truss, operations.StartOptions(any_python=True))
    took = []
    try:
        for answer in range(1, TIMES + 1):
            await _until_spare_is_ready(truss)
            began = time.perf_counter()
            model.write_text(case.model(answer))
            await operations.patch(truss)
            reply = await operations.predict(truss, {})
            took.append((time.perf_counter() - began) * 1000)
            if reply.body != answer:
                raise RuntimeError(f"answered {reply.body}, not {answer}")
    finally:
        await operations.stop(truss)
        shutil.rmtree(truss)
    return tuple(took)


async def _until_spare_is_ready(truss: Path) -> None:
    """A person needs longer for the next edit than the spare for its start."""
    while not (await operations.status(truss)).raw["spare_ready"]:
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    main()
