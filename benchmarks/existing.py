"""The existing implementation (truss from the package index) on loopback, to measure beside ours.

Its control server and inference server are started as its own images start them, each in a
throw-away environment under `.cache/`. They bind every interface; a `sitecustomize` module of ours
keeps them on loopback and changes nothing else.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import uv
import yaml

VERSION = "0.18.36"
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "bench" / f"truss-{VERSION}"
# Its lower bound on certifi can be newer than what a package index mirror holds.
OVERRIDES = "certifi\n"
KEEP_ON_LOOPBACK = """\
import socket
_bind = socket.socket.bind
socket.socket.bind = lambda self, address: _bind(
    self, ("127.0.0.1", *address[1:]) if address[0] == "0.0.0.0" else address
)
"""
START_TIMEOUT = 60.0


class Existing:
    """One running model of the existing implementation, with its control server."""

    def __init__(self, app: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self._app = app
        self._process = process
        self.port = port
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self._hash = "0"

    @classmethod
    def start(cls, folder: Path, model_source: str) -> Existing:
        """Lays out `folder` as its image would be and waits for the first answer."""
        environments = prepare()
        app, control = _lay_out(folder, model_source, environments["package"])
        port, inner = free_port(), free_port()
        environment = os.environ | {
            "APP_HOME": str(app),
            "HASH_TRUSS": "0",
            "HOME": str(folder),
            "CONTROL_SERVER_PORT": str(port),
            "INFERENCE_SERVER_PORT": str(inner),
            "PYTHON_EXECUTABLE": str(environments["server"] / "bin" / "python"),
            "PYTHONPATH": str(folder / "loopback"),
        }
        python = environments["control"] / "bin" / "python"
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [python, control / "server.py"],
                env=environment,
                cwd=control,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        existing = cls(app, process, port)
        existing.wait_for(lambda _: True)
        return existing

    def predict(self) -> Any:
        return self._client.post("/v1/models/model:predict", json={}).json()

    def patch(self, source: str, *, hot: bool) -> None:
        """Pushes a new model.py; `hot` asks for its unsafe hot reload."""
        following = str(int(self._hash) + 1)
        body = {"action": "UPDATE", "path": "model.py", "content": source, "hot_reload": hot}
        answer = self._client.post(
            "/control/patch",
            json={
                "hash": following,
                "prev_hash": self._hash,
                "patches": [{"type": "model_code", "body": body}],
            },
        ).json()
        if "error" in answer:
            raise RuntimeError(f"the existing implementation refused the patch: {answer}")
        self._hash = following

    def wait_for(self, right: Any) -> None:
        """Asks without a pause until `right(answer)`."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            try:
                response = self._client.post("/v1/models/model:predict", json={})
                if response.status_code == 200 and right(response.json()):
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.002)
        raise TimeoutError(f"no answer in {START_TIMEOUT:g} s; see {self._app.parent}/log.txt")

    def stop(self) -> None:
        self._client.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def prepare() -> dict[str, Path]:
    """Its three environments (library, control server, inference server), made once."""
    places = {name: CACHE / name for name in ("library", "control", "server")}
    package = places["library"] / "package"
    if not (CACHE / "done").exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        (CACHE / "overrides.txt").write_text(OVERRIDES)
        _uv("pip", "install", "--target", package, "--no-deps", f"truss=={VERSION}")
        templates = package / "truss" / "templates"
        for name in ("control", "server"):
            _environment(places[name], templates / name)
        (CACHE / "done").touch()
    return {"package": package, "control": places["control"], "server": places["server"]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(place: Path, template: Path) -> None:
    lines = (template / "requirements.txt").read_text().splitlines()
    # Its own index line would overrule the machine's.
    wanted = place.with_suffix(".txt")
    wanted.write_text("\n".join(line for line in lines if not line.startswith("-i")))
    _uv("venv", "--python", "3.11", place)
    options: list[str | Path] = ["--overrides", CACHE / "overrides.txt"]
    if (template / "constraints.txt").exists():
        options += ["--constraints", template / "constraints.txt"]
    _uv("pip", "install", "--python", place / "bin" / "python", "-r", wanted, *options)


def _lay_out(folder: Path, model_source: str, package: Path) -> tuple[Path, Path]:
    templates = package / "truss" / "templates"
    app, control = folder / "app", folder / "control"
    shutil.copytree(templates / "server", app)
    shutil.copytree(templates / "shared", app / "_truss_shared")
    shutil.copytree(templates / "control" / "control", control)
    shutil.copytree(templates / "shared", control / "shared")
    (app / "model").mkdir()
    (app / "model" / "__init__.py").touch()
    (app / "model" / "model.py").write_text(model_source)
    (app / "data").mkdir()
    (app / "config.yaml").write_text(yaml.safe_dump(_complete_config()))
    (folder / "loopback").mkdir()
    (folder / "loopback" / "sitecustomize.py").write_text(KEEP_ON_LOOPBACK)
    return app, control


def _complete_config() -> dict[str, Any]:
    from truss_base.config import TrussConfig

    config = TrussConfig.from_text("python_version: py311\n").to_dict(verbose=True)
    config.pop("use_control_plane", None)
    return config | {"live_reload": True}


def _uv(*arguments: str | Path) -> None:
    subprocess.run([uv.find_uv_bin(), *arguments, "--quiet"], check=True)
