"""Requirements that cannot be installed, and deaths while they are: the old version serves on."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from running_plane import RunningPlane, until
from wanting import MODEL, patched, start, wanting

from control.plane import failpoints

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOURCE = {"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'b'\n"}
SOURCE["pyproject.toml"] += "backend-path = ['.']\n[project]\nname = 'slow'\nversion = '1'\n"
# Says where it is, and does not end.
SLOW_BACKEND = """
import os, pathlib, time

def build_wheel(*arguments, **options):
    pathlib.Path({mark!r}).write_text(f"{{os.getpid()}} {{os.getppid()}}")
    time.sleep(3600)
"""


@pytest.fixture
def plane(
    new_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path
) -> RunningPlane:
    return start(new_plane({"model/model.py": MODEL}), model_environment, wheels)


def leftovers(plane: RunningPlane) -> list[str]:
    """Environments that no release runs in."""
    folder = plane.state / "environments"
    return [entry.name for entry in folder.iterdir() if entry.name not in ("first", "sources")]


@pytest.mark.parametrize(
    ("files", "path", "line", "words"),
    [
        (wanting("ct-leaf", "ct-tiny==99"), "config.yaml", 5, "no version of ct-tiny==99"),
        (wanting("ct-nowhere"), "config.yaml", 4, "ct-nowhere was not found"),
        (wanting("ct-leaf", "ct-tiny=1.0"), "config.yaml", 5, "no such comparison operator"),
        (wanting("./nowhere"), "config.yaml", 4, "not found at: ./nowhere"),
        (wanting("ct-tiny==2.0", "ct-leaf>=1"), "config.yaml", 5, "you require ct-leaf>=1"),
        (
            {
                "config.yaml": wanting()["config.yaml"] + "requirements_file: r.txt\n",
                "r.txt": "# what we need\nct-leaf\nct-tiny>2\n",
            },
            "r.txt",
            3,
            "ct-tiny",
        ),
    ],
)
def test_the_resolver_is_quoted_with_the_line_it_speaks_of(
    plane: RunningPlane, files: dict[str, str], path: str, line: int, words: str
) -> None:
    before = plane.predict()
    response = plane.patch(files)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "patch_failed_recoverable")
    assert words in problem["detail"]
    assert f"{path}, line {line}" in problem["detail"]
    assert "\n" not in problem["detail"]
    error = problem["model_error"]
    assert (error["phase"], error["path"], error["line"]) == ("install", path, line)
    assert plane.predict() == before
    assert leftovers(plane) == []


def test_a_requirements_file_that_is_not_there(plane: RunningPlane) -> None:
    config = wanting()["config.yaml"] + "requirements_file: nowhere.txt\n"
    response = plane.patch({"config.yaml": config})
    assert response.status_code == 422
    assert "nowhere.txt cannot be read" in response.json()["detail"]


def test_a_version_that_does_not_load_in_its_new_environment(plane: RunningPlane) -> None:
    before = plane.predict()
    broken = {**wanting("ct-tiny==2.0"), "model/model.py": f"import ct_tiny.no\n{MODEL}"}
    response = plane.patch(broken)
    assert response.json()["model_error"]["type"] == "ModuleNotFoundError"
    assert plane.predict() == before
    patched(plane, {"model/model.py": f"import ct_tiny\n{MODEL}"})
    assert plane.predict()["installed"]["ct-tiny"] == "2.0"


def slow(plane: RunningPlane, mark: Path) -> dict[str, str]:
    backend = SLOW_BACKEND.format(mark=str(mark))
    return {
        **wanting("./slow"),
        **{f"slow/{name}": text for name, text in {**SOURCE, "b.py": backend}.items()},
    }


def sent(plane: RunningPlane, answers: list[Any]) -> threading.Thread:
    """Sends the patch that is saved, beside the test."""
    body = plane.patch_body()

    def send() -> None:
        try:
            answers.append(plane.post("/control/patch", json=body))
        except httpx.TransportError as error:
            answers.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def processes(mark: Path) -> tuple[int, int]:
    """The process of the build, once it has begun, and that of the installer."""
    build, installer = until(lambda: mark.exists() and mark.read_text(), "the build").split()
    return int(build), int(installer)


def test_a_newer_patch_ends_an_installation(plane: RunningPlane, tmp_path: Path) -> None:
    mark = tmp_path / "building"
    answers: list[Any] = []
    plane.write(slow(plane, mark))
    thread = sent(plane, answers)
    pid, _ = processes(mark)

    patched(plane, wanting("ct-tiny==1.0"))
    thread.join()
    assert answers[0].json()["type"] == "superseded"
    until(lambda: not is_alive(pid), "the end of the build")
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}


def test_an_installation_ends_with_the_control_plane_that_began_it(
    plane: RunningPlane, model_environment: Path, wheels: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "building"
    plane.write(slow(plane, mark))
    thread = sent(plane, [])
    pid, _ = processes(mark)
    plane.kill()
    thread.join()

    start(plane, model_environment, wheels)
    until(lambda: not is_alive(pid), "the end of the build")
    assert leftovers(plane) == []
    assert plane.predict()["installed"] == {}


def test_an_installer_that_dies_ends_the_patch(plane: RunningPlane, tmp_path: Path) -> None:
    """Also where what it has started holds on to its output."""
    answers: list[Any] = []
    plane.write(slow(plane, tmp_path / "building"))
    thread = sent(plane, answers)
    build, installer = processes(tmp_path / "building")
    os.kill(installer, signal.SIGKILL)
    thread.join()
    assert answers[0].json()["type"] == "patch_failed_recoverable"
    assert "uv ended with status -9" in answers[0].json()["detail"], answers[0].json()
    until(lambda: not is_alive(build), "the end of the build")
    assert leftovers(plane) == []


def test_an_installation_has_a_limit(
    new_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path, tmp_path: Path
) -> None:
    plane = new_plane({"model/model.py": MODEL})
    start(plane, model_environment, wheels, "--install-timeout", "1")
    response = plane.patch(slow(plane, tmp_path / "building"))
    assert response.status_code == 422
    assert "it did not end within 1 s" in response.json()["detail"]
    assert plane.predict()["installed"] == {}


@pytest.mark.parametrize("name", [it for it in failpoints.NAMES if it.startswith("environment.")])
def test_killed_while_installing(
    new_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path, name: str
) -> None:
    plane = new_plane({"model/model.py": MODEL})
    armed = {failpoints.VARIABLE: name}
    start(plane, model_environment, wheels, "--no-spare", **armed)
    before = plane.predict()
    with pytest.raises(httpx.TransportError):
        plane.patch(wanting("ct-tiny==1.0"))
    plane.kill()

    start(plane, model_environment, wheels, "--no-spare")
    assert plane.predict()["installed"] == before["installed"]
    until(lambda: leftovers(plane) == [], "the removal of what was begun")
    plane.write({"model/model.py": MODEL + "\n"})
    patched(plane, wanting("ct-tiny==1.0"))
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}


def test_what_a_model_writes_into_its_environment_does_not_reach_the_next(
    plane: RunningPlane,
) -> None:
    patched(plane, wanting("ct-tiny==1.0"))
    vandal = MODEL.replace(
        "        answer =",
        "        import ct_tiny\n"
        "        open(ct_tiny.__file__, 'a').write('VERSION = 9\\n')\n        answer =",
    )
    patched(plane, {"model/model.py": vandal})
    plane.predict()
    patched(plane, {**wanting("ct-tiny==1.0", "ct-leaf"), "model/model.py": MODEL})
    assert plane.predict({"attribute": "ct_tiny.VERSION"})["attribute"] == "1.0"
