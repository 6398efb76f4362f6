"""Requirements of a running control plane: installed beside what runs, by the real uv."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from running_plane import CONFIG, RunningPlane
from wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What is installed decides the answer, and each process says which one it is.
MODEL = """
import importlib.metadata, importlib.util, os, sys

class Model:
    def predict(self, request):
        names = ("ct-tiny", "ct-leaf", "ct-other")
        found = {d.metadata["Name"].replace("_", "-"): d.version
                 for d in importlib.metadata.distributions()}
        return {"pid": os.getpid(), "prefix": sys.prefix,
                "installed": {name: found[name] for name in names if name in found}}
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    wheel(folder, "ct_tiny", "1.0")
    script = "def say(): print(VERSION)"
    wheel(
        folder, "ct_tiny", "2.0", requires=["ct-leaf"], scripts={"say": "ct_tiny:say"}, code=script
    )
    wheel(folder, "ct_leaf", "0.1")
    wheel(folder, "ct_other", "1.0", requires=["ct-leaf>=1"])
    return folder


@pytest.fixture
def plane(
    new_plane: Callable[..., RunningPlane], model_environment: Path, wheels: Path
) -> RunningPlane:
    plane = new_plane({"model/model.py": MODEL})
    return start(plane, model_environment, wheels)


def start(plane: RunningPlane, environment: Path, wheels: Path) -> RunningPlane:
    python = str(environment / "bin" / "python")
    known = {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}
    return plane.start("--inference-python", python, environment=known)


def wanting(*requirements: str) -> dict[str, str]:
    lines = "".join(f"  - {line}\n" for line in requirements)
    return {"config.yaml": f"{CONFIG}requirements:\n{lines}" if lines else CONFIG}


def patched(plane: RunningPlane, files: dict[str, str]) -> dict[str, Any]:
    response = plane.patch(files)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_requirements_come_change_and_go_with_what_they_brought(plane: RunningPlane) -> None:
    first = plane.predict()
    assert first["installed"] == {}

    assert patched(plane, wanting("ct-tiny==2.0"))["strategy"] == "S3"
    added = plane.predict()
    assert added["installed"] == {"ct-tiny": "2.0", "ct-leaf": "0.1"}
    assert added["pid"] != first["pid"]
    said = subprocess.run(
        [f"{added['prefix']}/bin/say"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "2.0\n"

    patched(plane, wanting("ct-tiny<2"))
    assert plane.predict()["installed"] == {"ct-tiny": "1.0"}
    patched(plane, wanting())
    last = plane.predict()
    assert (last["installed"], last["prefix"]) == ({}, first["prefix"])
