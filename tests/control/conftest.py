"""Control planes for the tests of this folder."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from running_plane import REPOSITORY, RunningPlane
from wheels import wheel

from control.plane.environments.uv import find_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@pytest.fixture
def new_plane(tmp_path: Path) -> Iterator[Callable[..., RunningPlane]]:
    """Makes a control plane over the given files; it is not started yet."""
    with contextlib.ExitStack() as ends:

        def make(files: Mapping[str, str | bytes]) -> RunningPlane:
            plane = RunningPlane(tmp_path, files)
            ends.callback(plane.clean_up)
            return plane

        yield make


@pytest.fixture(scope="module")
def module_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningPlane]]:
    """As `new_plane`, for tests that share one plane and leave it as it was."""
    with contextlib.ExitStack() as ends:

        def make(files: Mapping[str, str | bytes]) -> RunningPlane:
            plane = RunningPlane(tmp_path_factory.mktemp("plane"), files)
            ends.callback(plane.clean_up)
            return plane

        yield make


@pytest.fixture(scope="session")
def model_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with what the inference server needs, and nothing else."""
    root = tmp_path_factory.mktemp("model") / "venv"
    uv = find_uv()
    assert uv is not None, "uv is among the development dependencies"
    surroundings = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    making = [str(uv), "venv", "--quiet", "--python", sys.executable, str(root)]
    subprocess.run(making, check=True, env=surroundings)
    needs = REPOSITORY / "control" / "inference" / "requirements.txt"
    filling = [str(uv), "pip", "install", "--quiet", "--python", str(root), "-r", str(needs)]
    subprocess.run(filling, check=True, env=surroundings)
    return root


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All the packages that requirements are resolved from in these tests."""
    folder = tmp_path_factory.mktemp("wheels")
    say = {"say": "ct_tiny:say"}
    wheel(folder, "ct_tiny", "1.0")
    code = "def say(): print(VERSION)"
    wheel(folder, "ct_tiny", "2.0", requires=["ct-leaf"], scripts=say, code=code)
    wheel(folder, "ct_leaf", "0.1")
    return folder
