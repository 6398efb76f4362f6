"""The language server as an editor feels it while the machine works: builds, predictions, patches.

Hovers go over stdio at a steady pace, beside an image build of about a minute, a prediction that
streams all the while, and then a patch after a patch. Where no Docker engine answers, the local
runtime's environment stands in for the image, and the rows say so.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.language_servers import OURS, Command, LanguageServer
from benchmarks.report import Row, publish
from truss_handle.exceptions import DockerUnavailable
from truss_handle.registry import instance_id
from truss_handle.runtimes.docker_engine import engine

HERE = Path(__file__).resolve().parent
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
PACE_SECONDS = 0.1  # between two hovers: somebody who looks around
BUILD_SECONDS = 50  # of work in one layer; with the rest of the image about a minute
QUIET_HOVERS = 100
SAVES = 12
TARGET = 10.0
HOVERED = "  accelerator: null\n"
CONFIG = f"""\
model_name: busy
python_version: py311
use_control_plane: true
resources:
  cpu: "1"
{HOVERED}"""
# Compiles Debian's own library again and again: a build that computes, writes and has much to say.
WORK = (
    f"end=$(( $(date +%s) + {BUILD_SECONDS} )); while [ $(date +%s) -lt $end ]; do"
    " python3 -m compileall -f /usr/lib/python3* | sed 's/^/Collecting /'; done; : {unique}"
)
MODEL = """\
import time


class Model:
    def predict(self, request):
        return self.words(request["seconds"])

    def words(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield "some words of an answer "
            time.sleep(0.01)
"""
HEAVY = ["numpy", "scipy", "pandas", "scikit-learn"]


@dataclass(frozen=True)
class Workspace:
    """Two Trusses in one folder: one streams its answers, one is being built."""

    folder: Path

    @property
    def streaming(self) -> Path:
        return self.folder / "streaming"

    @property
    def built(self) -> Path:
        return self.folder / "built"

    @property
    def config(self) -> Path:
        return self.streaming / "config.yaml"


class Typing:
    """A word of the model exchanged letter by letter, a pause, a save; and again."""

    words = ("some", "more")

    def __init__(self, server: LanguageServer, path: Path) -> None:
        self.server = server
        self.saves = 0
        self._path = path
        self._text = path.read_text()
        self._steps = self._endless()
        server.open(path, self._text)

    def go_on(self) -> None:
        """What is done between two hovers."""
        next(self._steps)

    def _endless(self) -> Iterator[None]:
        while True:
            at = self._text.index(self.words[self.saves % 2])
            for offset, letter in enumerate(self.words[(self.saves + 1) % 2]):
                self._put(at + offset, letter)
                yield
            yield from (None, None, None)  # long enough a pause for a preparation
            self._path.write_text(self._text)
            saved = {"textDocument": {"uri": self._path.as_uri()}}
            self.server.notify("textDocument/didSave", saved)
            self.saves += 1
            yield

    def _put(self, index: int, letter: str) -> None:
        line = self._text.count("\n", 0, index)
        character = index - (self._text.rfind("\n", 0, index) + 1)
        self.server.change(self._path, line, character, character + 1, letter)
        self._text = self._text[:index] + letter + self._text[index + 1 :]


def main() -> None:
    with workspace() as place, opened(place) as server:
        rows = list(_measure(place, server))
    publish("lsp_busy", "Language server: hovers while the machine works", rows)


def _measure(place: Workspace, server: LanguageServer) -> Iterator[Row]:
    quiet = list(hovers(server, place, _counted(QUIET_HOVERS)))
    yield from _rows("nothing else goes on", quiet, None)
    _finish(server, [_command(server, "truss.startContainer", place.streaming)])
    what = "an image build" if _runtime() == "docker" else "an environment build (no Docker)"
    began = time.perf_counter()
    build = _command(server, "truss.startContainer", place.built, runtime=_runtime())
    predict = _predict(server, place)
    beside = list(hovers(server, place, lambda: server.answered(build)))
    lasted = time.perf_counter() - began
    _finish(server, [build])
    server.notify("$/cancelRequest", {"id": predict})
    yield Row(f"{what}: how long it took", (lasted,), "s")
    yield from _rows(f"{what} and a streaming prediction", beside, TARGET)
    typing = Typing(server, place.streaming / "model" / "model.py")
    yield from _rows("typing, preparing ahead and patching", list(_typed(typing, place)), None)


def _typed(typing: Typing, place: Workspace) -> Iterator[float]:
    """Hovers beside words that are typed, prepared in the pause after them, saved and patched."""
    for took in hovers(typing.server, place, lambda: typing.saves == SAVES):
        yield took
        typing.go_on()


def _rows(what: str, took: list[float], target: float | None) -> Iterator[Row]:
    ordered = sorted(took)
    yield Row(f"hover, {what}", tuple(took), target=target)
    yield Row(f"hover, {what}: p99", (ordered[int(0.99 * (len(ordered) - 1))],))
    yield Row(f"hover, {what}: slowest", (ordered[-1],))


def hovers(server: LanguageServer, place: Workspace, done: Callable[[], bool]) -> Iterator[float]:
    """Milliseconds of a hover every tenth of a second, until something is done."""
    at = server.at(place.config, CONFIG[: CONFIG.index(HOVERED)].count("\n"), 4)
    while not done():
        began = time.perf_counter()
        found = server.request("textDocument/hover", at)
        yield (time.perf_counter() - began) * 1000
        assert found, "a hover that finds nothing measures nothing"
        time.sleep(PACE_SECONDS)


def _counted(times: int) -> Callable[[], bool]:
    left = iter(range(times))
    return lambda: next(left, None) is None


def _command(server: LanguageServer, name: str, truss: Path, **argument: Any) -> int:
    given = {"uri": truss.as_uri(), **argument}
    return server.ask("workspace/executeCommand", {"command": name, "arguments": [given]})


def _predict(server: LanguageServer, place: Workspace) -> int:
    asked = {"input": {"seconds": 10 * BUILD_SECONDS}, "stream": "bench"}
    return _command(server, "truss.predict", place.streaming, **asked)


def _finish(server: LanguageServer, asked: list[int]) -> None:
    for number in asked:
        answer = server.answer(number)
        assert answer["ok"], answer


@contextmanager
def workspace() -> Iterator[Workspace]:
    """Trusses to work on; the state of this machine is left alone, its caches are used."""
    with tempfile.TemporaryDirectory(prefix="bench-lsp-busy-") as folder:
        place = Workspace(Path(folder).resolve())
        os.environ["CONTROL_TRUSS_HOME"] = str(place.folder / "home")
        if _runtime() == "docker":
            use_base_image()
        for truss, more in ((place.streaming, ""), (place.built, _build())):
            (truss / "model").mkdir(parents=True)
            (truss / "config.yaml").write_text(CONFIG + more)
            (truss / "model" / "model.py").write_text(MODEL)
        yield place


@contextmanager
def opened(place: Workspace) -> Iterator[LanguageServer]:
    """A server with the streaming Truss open; whatever it started is stopped."""
    settings = {"controlTruss": {"anyPython": True, "patchOnSave": "on"}}
    server = LanguageServer(Command(OURS.name, OURS.argv, settings), place.folder)
    server.initialize()
    server.open(place.config, CONFIG)
    server.diagnostics(place.config, lambda found: True)
    try:
        yield server
    finally:
        for truss in (place.streaming, place.built):
            server.answer(_command(server, "truss.stopContainer", truss))
        server.end()
        if _runtime() == "docker":
            with engine() as (client, _):
                client.images.remove(f"control-truss/{instance_id(place.built, 'docker')}")


def why_no_docker() -> str:
    """Empty where an engine answers and has, or gets, a base image."""
    try:
        with engine(5):
            return ""
    except DockerUnavailable as error:
        return str(error)


def use_base_image() -> None:
    """One that needs no registry."""
    script = HERE.parent / "scripts" / "docker-base-image"
    made = subprocess.run([script], check=True, capture_output=True, text=True)
    os.environ["CONTROL_TRUSS_BASE_IMAGE"] = made.stdout.strip()
    if CA_BUNDLE.is_file():
        os.environ["CONTROL_TRUSS_CA_BUNDLE"] = str(CA_BUNDLE)


def _build() -> str:
    """The keys that make a Truss slow to build."""
    if _runtime() == "docker":
        return f"build_commands:\n  - {WORK.format(unique=time.time_ns())!r}\n"
    return "requirements: [" + ", ".join(HEAVY) + "]\n"


def _runtime() -> str:
    return "local" if why_no_docker() else "docker"


if __name__ == "__main__":
    main()
