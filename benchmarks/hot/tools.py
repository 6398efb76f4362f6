"""The tools that reload a model in its process, beside ours: where they live, and a case through
one of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uv
import yaml

from benchmarks import existing
from tests.hot.hot_answers import DEADLINE_SECONDS, Answer, ask_all
from tests.hot.hot_fresh import fresh
from tests.hot.hot_observing import observe
from tests.hot.hot_verdicts import Observed, Verdict, judge
from truss_base.config import TrussConfig

if TYPE_CHECKING:
    from tests.hot.hot_cases import Case

CACHE = existing.CACHE.parent / "hot"
REQUIREMENTS = ("ipython==9.18.1", "jurigged==0.6.1")
CASE_REQUIREMENTS = ("markdown-it-py>=4", "sortedcontainers>=2.4")  # what cases import
HOST = Path(__file__).with_name("host.py")
# Byte-code caches and reloaders tell versions apart by time and size of a file. A person needs
# longer than a second between two saves, unless the case is about just that.
SAVED_BEFORE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Tool:
    """`looks_first`: it looks at the files before each use, so also before the change. `below`: the
    folder whose changes it is used for."""

    name: str
    title: str
    looks_first: bool = False
    below: str = ""

    def offers(self, case: Case) -> bool:
        """Whether it is used for the changes of a case."""
        paths = {*case.before, *case.after}
        changed = (path for path in paths if case.before.get(path) != case.after.get(path))
        return all(path.startswith(self.below) for path in changed)


TOOLS = (
    Tool("truss", f"truss {existing.VERSION} hot reload", below="model/"),
    Tool("autoreload", "IPython autoreload", looks_first=True),
    Tool("jurigged", "jurigged"),
)


class Host:
    """A process that forks a freshly started server for each version of each case."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = threading.Lock()

    def start(self, folder: Path, socket: Path) -> int:
        """The process that serves the Truss in `folder`."""
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            line = json.dumps({"folder": str(folder), "socket": str(socket)})
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


@contextlib.contextmanager
def host(tool: Tool) -> Iterator[Host]:
    """A host in the throw-away environment of the existing implementation."""
    environments = existing.prepare()
    home = CACHE / "home"
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "HOME": str(home),  # it leaves a note there when a model does not load
        "PYTHONPATH": str(_packages(environments["server"] / "bin" / "python")),
    }
    command: list[str | Path] = [
        environments["server"] / "bin" / "python",
        HOST,
        _library(environments),
        tool.name,
    ]
    with (CACHE / f"{tool.name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield Host(process)
    finally:
        process.kill()
        process.communicate()


def run(host: Host, tool: Tool, case: Case) -> tuple[Verdict, str]:
    """What becomes of one case, judged against fresh processes of the same server."""
    with tempfile.TemporaryDirectory(prefix="hot-") as folder:
        seen = _observe(host, tool, case, Path(folder))
    return judge(seen, fresh(case, lambda *what: _answers(host, *what)))


def _observe(host: Host, tool: Tool, case: Case, folder: Path) -> Observed:
    began = int(time.time())
    with _loaded(host, folder, case.before, began - SAVED_BEFORE_SECONDS) as client:
        assert client is not None, f"version 1 of {case.name!r} does not start"
        return observe(client, case, partial(_change, client, tool, case, folder / "truss", began))


def _change(client: httpx.Client, tool: Tool, case: Case, truss: Path, began: int) -> bool:
    if tool.looks_first:
        _reload(client)
    accepted = False
    for number in range(case.saves):
        quick = case.saves > 1
        saved = began - SAVED_BEFORE_SECONDS + (number + 1) / 10 if quick else began
        _save(truss, case.before if number % 2 else case.after, saved)
        accepted = _reload(client)
    return accepted


def _reload(client: httpx.Client) -> bool:
    try:
        return client.post("/hot-reload").status_code == 200
    except httpx.TransportError:
        return False


def _answers(
    host: Host, files: Mapping[str, str], exercise: Iterable[Any], probe: Iterable[Any]
) -> Sequence[Answer] | None:
    with (
        tempfile.TemporaryDirectory(prefix="hot-") as folder,
        _loaded(host, Path(folder), files, time.time()) as client,
    ):
        if client is None:
            return None
        ask_all(client, exercise)
        return ask_all(client, probe)


@contextlib.contextmanager
def _loaded(
    host: Host, folder: Path, files: Mapping[str, str], saved: float
) -> Iterator[httpx.Client | None]:
    """A client of a new process that has loaded these files; None if it could not."""
    _save(folder / "truss", files, saved)
    socket = folder / "socket"
    process = host.start(folder / "truss", socket)
    transport = httpx.HTTPTransport(uds=str(socket))
    try:
        with httpx.Client(transport=transport, base_url="http://model", timeout=20) as client:
            yield client if _is_up(client, process) else None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)


def _is_up(client: httpx.Client, process: int) -> bool:
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/v1/models/model/loaded").status_code == 200:
                return True
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.01)
    raise TimeoutError("a model of the existing implementation neither loaded nor ended")


def _save(truss: Path, files: Mapping[str, str], when: float) -> None:
    """Writes the files in place, as its patches do; those that are gone are removed."""
    for path in [path for path in truss.rglob("*") if path.suffix in (".py", ".txt", ".json")]:
        if str(path.relative_to(truss)) not in files:
            path.unlink()
    for name, text in {**files, "config.yaml": _complete(files["config.yaml"])}.items():
        path = truss / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.utime(path, (when, when))


def _complete(config: str) -> str:
    complete = TrussConfig.from_text(config).to_dict(verbose=True)
    complete.pop("use_control_plane", None)
    return yaml.safe_dump(complete)


def _library(environments: Mapping[str, Path]) -> Path:
    """The server's templates, laid out as its images lay them out."""
    templates, library = environments["package"] / "truss" / "templates", CACHE / "library"
    if not library.exists():
        shutil.copytree(templates / "server", library)
        shutil.copytree(templates / "shared", library / "_truss_shared")
    return library


def _packages(python: Path) -> Path:
    """The other tools and what cases need, beside the server's environment and without touching
    it."""
    wanted = (*REQUIREMENTS, *CASE_REQUIREMENTS)
    packages = CACHE / f"packages-{hashlib.sha256(repr(wanted).encode()).hexdigest()[:8]}"
    if not packages.exists():
        command: list[str | Path] = [
            uv.find_uv_bin(),
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
        ]
        subprocess.run([*command, "--target", packages, *wanted], check=True)
    return packages
