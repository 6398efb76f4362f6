"""Where requirements come from: files, paths of the Truss, URLs, repositories, projects, locks."""

from __future__ import annotations

import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from running_plane import CONFIG, RunningPlane
from wanting import MODEL, patched, start, wanting
from wheels import source_package, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def shared(
    module_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path
) -> RunningPlane:
    return start(module_plane({"model/model.py": MODEL}), model_environment, wheels)


@pytest.fixture
def plane(shared: RunningPlane) -> RunningPlane:
    return shared.reset({"model/model.py": MODEL})


def from_file(name: str) -> dict[str, str]:
    return {"config.yaml": f"{CONFIG}requirements_file: {name}\n"}


def built(plane: RunningPlane) -> object:
    """What the package that is built from source holds."""
    return plane.predict({"attribute": "ct_built.VALUE"})["attribute"]


def source(value: int) -> dict[str, str]:
    package = source_package("ct_built", "1.0", f"VALUE = {value}\n")
    return {f"packages/built/{name}": text for name, text in package.items()}


def test_a_requirements_file_and_what_it_includes(plane: RunningPlane) -> None:
    files = {**from_file("needs/all.txt"), "needs/all.txt": "-r some.txt\n-c limits.txt\n"}
    patched(plane, {**files, "needs/some.txt": "ct-tiny\n", "needs/limits.txt": "ct-tiny<2\n"})
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}
    assert patched(plane, {"needs/limits.txt": "ct-leaf==0.1\n"})["strategy"] == "S3"
    assert plane.predict()["installed"] == {"ct-tiny": "2.0", "ct-leaf": "0.1"}
    assert patched(plane, {"needs/some.txt": "# nothing\n"})["strategy"] == "S3"
    assert plane.predict()["installed"] == {}


def test_the_dependencies_of_a_project(plane: RunningPlane) -> None:
    project = "[project]\nname = 'p'\nversion = '1'\ndependencies = ['ct-tiny{}']\n"
    patched(plane, {**from_file("pyproject.toml"), "pyproject.toml": project.format("==1.0")})
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}
    patched(plane, {"pyproject.toml": project.format("")})
    assert plane.predict()["installed"] == {"ct-tiny": "2.0", "ct-leaf": "0.1"}


def test_what_a_lock_pins(plane: RunningPlane, wheels: Path) -> None:
    def locked(version: str) -> str:
        place = (wheels / f"ct_tiny-{version}-py3-none-any.whl").as_uri()
        return (
            'version = 1\nrequires-python = ">=3.10"\n[[package]]\nname = "p"\nversion = "1"\n'
            'source = { virtual = "." }\ndependencies = [{ name = "ct-tiny" }]\n'
            f'[[package]]\nname = "ct-tiny"\nversion = "{version}"\n'
            f'source = {{ registry = "{wheels}" }}\nwheels = [{{ url = "{place}" }}]\n'
        )

    project = "[project]\nname = 'p'\nversion = '1'\nrequires-python = '>=3.10'\n"
    files = {"pyproject.toml": f"{project}dependencies = ['ct-tiny']\n", "uv.lock": locked("1.0")}
    patched(plane, {**from_file("uv.lock"), **files})
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}
    assert patched(plane, {"uv.lock": locked("2.0")})["strategy"] == "S3"
    assert plane.predict()["installed"]["ct-tiny"] == "2.0"


def test_a_wheel_in_the_truss(plane: RunningPlane, tmp_path: Path) -> None:
    name = "ct_built-1.0-py3-none-any.whl"
    first, second = (wheel(tmp_path / v, "ct_built", "1.0", code=f"VALUE = {v}") for v in "12")
    patched(plane, {**wanting(f"./{name}"), name: first.read_bytes()})
    assert built(plane) == 1
    # The same version with another content: what counts is the file.
    assert patched(plane, {name: second.read_bytes()})["strategy"] == "S3"
    assert built(plane) == 2


@pytest.mark.parametrize(
    "line", ["./packages/built", "-e ./packages/built", "ct_built @ file:./packages/built"]
)
def test_a_package_in_the_truss_is_installed_as_the_version_has_it(
    plane: RunningPlane, line: str
) -> None:
    patched(plane, {**wanting(line), **source(1)})
    assert built(plane) == 1
    assert patched(plane, {"packages/built/ct_built.py": "VALUE = 2\n"})["strategy"] == "S3"
    assert built(plane) == 2
    # Other changes leave it alone, and building it has left nothing in the version.
    patched(plane, {**wanting(line, "ct-leaf")})
    assert built(plane) == 2
    tree = plane.state / "current" / "tree" / "packages" / "built"
    assert {path.name for path in tree.iterdir()} == {"pyproject.toml", "backend.py", "ct_built.py"}


def test_a_repository(plane: RunningPlane, tmp_path: Path) -> None:
    repository = tmp_path / "repository"

    def commit(value: int) -> None:
        for name, text in source_package("ct_built", "1.0", f"VALUE = {value}\n").items():
            (repository / name).write_text(text)
        who = ["-c", "user.name=x", "-c", "user.email=x@x"]
        for command in (["add", "."], [*who, "commit", "-q", "-m", "x"], ["tag", f"v{value}"]):
            subprocess.run(["git", *command], cwd=repository, check=True)

    repository.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    commit(1)
    commit(2)
    place = f"ct_built @ git+{repository.as_uri()}"
    patched(plane, wanting(f"{place}@v1"))
    assert built(plane) == 1
    patched(plane, wanting(f"{place}@v2"))
    assert built(plane) == 2


@pytest.fixture
def server(wheels: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(wheels))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


def test_a_url(
    new_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path, server: str
) -> None:
    # The only one that reaches a network: of this machine.
    plane = new_plane({"model/model.py": MODEL})
    start(plane, model_environment, wheels, UV_OFFLINE="0")
    patched(plane, wanting(f"ct-tiny @ {server}/ct_tiny-1.0-py3-none-any.whl"))
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}
    patched(plane, wanting(f"{server}/ct_leaf-0.1-py3-none-any.whl"))
    assert plane.predict()["installed"] == {"ct-leaf": "0.1"}
