"""What is installed where the model runs: told without starting its Python, and as that sees it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from running_plane import RunningPlane
from wanting import MODEL, patched, start, wanting

from control.plane.environments.site_packages import site_packages
from control.plane.environments.uv import find_uv
from truss_base.distributions import installed

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = Path(getattr(sys, "_base_executable", sys.executable))
# What the interpreter itself would import; records without a version are of nobody's concern.
ASKED = """
import importlib.metadata, json, re
found = {}
for one in importlib.metadata.distributions():
    if one.version:
        found.setdefault(re.sub("[-_.]+", "-", one.name).lower(), one.version)
print(json.dumps(found))
"""


def as_python_says(python: Path) -> dict[str, str]:
    # The folder that the tests run in is no folder of packages, nor is one in somebody's home.
    command = [str(python), "-s", "-c", f"import sys; sys.path.remove('')\n{ASKED}"]
    found: dict[str, str] = json.loads(subprocess.check_output(command, text=True))
    return found


def environment(root: Path, base: Path, *options: str) -> Path:
    uv = find_uv()
    assert uv is not None, "uv is among the development dependencies"
    making = [str(uv), "venv", "--quiet", "--no-project", "--python", str(base), *options]
    subprocess.run([*making, str(root)], check=True)
    return root / "bin" / "python"


def install(python: Path, wheels: Path, *requirements: str) -> None:
    uv = find_uv()
    source = ["--offline", "--no-index", "--find-links", str(wheels), "--quiet"]
    subprocess.run(
        [str(uv), "pip", "install", *source, "--python", str(python), *requirements], check=True
    )


def test_a_new_environment_is_told_with_what_is_in_it(
    new_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path
) -> None:
    plane = start(new_plane({"model/model.py": MODEL}), model_environment, wheels)
    first: dict[str, Any] = plane.get("/control/packages").json()
    assert first["environment"] is None
    assert first["packages"] == as_python_says(model_environment / "bin" / "python")
    assert "starlette" in first["packages"]

    patched(plane, wanting("ct-tiny==2.0"))
    second: dict[str, Any] = plane.get("/control/packages").json()
    assert second["packages"] == {**first["packages"], "ct-tiny": "2.0", "ct-leaf": "0.1"}
    assert plane.status()["environment"] == second["environment"] is not None


def test_it_is_for_those_with_the_token(module_plane: Callable[..., RunningPlane]) -> None:
    plane = module_plane({"model/model.py": MODEL}).start()
    with plane.client() as client:
        del client.headers["authorization"]
        assert client.get("/control/packages").status_code == 401


@pytest.mark.parametrize(
    "python", [BASE, *(path for path in [Path("/usr/bin/python3")] if path.exists())], ids=str
)
def test_the_python_of_an_image(python: Path) -> None:
    assert installed(site_packages(python)) == as_python_says(python)


@pytest.mark.parametrize("options", [[], ["--system-site-packages"]])
def test_an_environment_and_what_it_builds_on(
    tmp_path: Path, wheels: Path, options: list[str]
) -> None:
    python = environment(tmp_path / "venv", BASE, *options)
    install(python, wheels, "ct-tiny==1.0")
    found = installed(site_packages(python))
    assert found == as_python_says(python)
    assert found["ct-tiny"] == "1.0"


def test_an_image_whose_python_is_an_environment_itself(tmp_path: Path, wheels: Path) -> None:
    """As our images build on it: by a path file. The upper one's version counts."""
    base = environment(tmp_path / "base", BASE)
    install(base, wheels, "ct-tiny==2.0")
    python = environment(tmp_path / "app", BASE, "--system-site-packages")
    install(python, wheels, "ct-tiny==1.0")
    [own], [below] = (list(it.parent.parent.glob("lib/*/site-packages")) for it in (python, base))
    (own / "base_image.pth").write_text(
        f"# a comment\nimport sys\n{below}\n/not/there\n{'x' * 300}\n"
    )
    found = installed(site_packages(python))
    assert found == as_python_says(python)
    assert (found["ct-tiny"], found["ct-leaf"]) == ("1.0", "0.1")


def test_remains_of_an_installation_are_nothing(tmp_path: Path) -> None:
    records = ("Ruamel.YAML-0.18.6.dist-info", "~ip-23.dist-info", "PyYAML-6.0-py3.11.egg-info")
    for name in records:
        (tmp_path / name).mkdir()
    (tmp_path / "numpy").mkdir()
    assert installed([tmp_path, tmp_path / "none"]) == {"ruamel-yaml": "0.18.6", "pyyaml": "6.0"}
    shutil.rmtree(tmp_path)
    assert installed([tmp_path]) == {}
