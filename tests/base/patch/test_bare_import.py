"""Importing the package costs next to nothing: nothing heavy comes along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import truss_base

HEAVY = ["pydantic", "httpx", "docker", "fastapi", "yaml", "pathspec", "packaging", "asyncio"]


def loaded_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    ["import truss_base", "import truss_base.patch", "from truss_base.hash import tree_hash"],
)
def test_nothing_heavy_comes_along(statement: str) -> None:
    loaded = loaded_after(statement)
    assert "truss_base" in loaded
    assert not loaded & set(HEAVY)


def test_no_network_or_web_code_behind_any_public_name() -> None:
    everything = "import truss_base\nfor name in truss_base.__all__: getattr(truss_base, name)"
    web = {"pydantic", "httpx", "docker", "fastapi", "starlette", "uvicorn", "socket", "ssl"}
    assert not loaded_after(everything) & web


@pytest.mark.parametrize("name", truss_base.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(truss_base, name) is not None
    assert name in dir(truss_base)


def test_any_other_name_is_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        truss_base.nothing  # noqa: B018  # the access is the test
