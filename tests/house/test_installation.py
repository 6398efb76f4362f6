"""The distribution as others install it: without extras, it is the definitions and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

WHAT_THE_DEFINITIONS_NEED = {"control-truss", "pyyaml", "pathspec", "packaging"}
BUILD_A_CONFIG = """
import sys
from truss_base import TrussConfig, truss_hash, validate
config = TrussConfig(model_name="x", resources={"cpu": "2"})
assert TrussConfig.from_text(config.to_yaml()) == config
assert [f.code for f in validate("model_nme: x")] == ["unknown-key"]
print(sorted({"pydantic", "httpx", "docker"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new virtual environment with the wheel in it, and no extra."""
    folder = tmp_path_factory.mktemp("installation")
    uv = repository / ".venv" / "bin" / "uv"
    python = repository / ".venv" / "bin" / "python"
    # uv does not read pip's settings, with which a machine may name the index it wants asked.
    index = os.environ.get("PIP_INDEX_URL")
    environment = {**os.environ, **({"UV_DEFAULT_INDEX": index} if index else {})}

    def call(*arguments: str | Path) -> None:
        outcome = subprocess.run(
            [uv, *arguments], env=environment, cwd=folder, capture_output=True, text=True
        )
        assert outcome.returncode == 0, outcome.stderr

    call("build", "--wheel", "--out-dir", folder / "wheels", "--python", python, repository)
    call("venv", "--python", python, folder / "venv")
    (wheel,) = (folder / "wheels").glob("*.whl")
    call("pip", "install", "--python", folder / "venv", wheel)
    return folder / "venv" / "bin"


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Runs an installed program, away from the checkout; with the paths of no other Python."""

    def command(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        line = [installed / program, *map(str, arguments)]
        return subprocess.run(line, env=environment, cwd=tmp_path, capture_output=True, text=True)

    return command


def test_only_what_the_definitions_need_is_installed(installed: Path, repository: Path) -> None:
    uv = repository / ".venv" / "bin" / "uv"
    listing = subprocess.run(
        [uv, "pip", "list", "--python", installed / "python", "--format", "json"],
        check=True,
        capture_output=True,
        text=True,
    )
    names = {entry["name"].lower() for entry in json.loads(listing.stdout)}
    assert names == WHAT_THE_DEFINITIONS_NEED


def test_configs_are_built_and_validated(run: Run) -> None:
    outcome = run("python", "-c", BUILD_A_CONFIG)
    assert outcome.stderr == ""
    assert outcome.stdout == "[]\n"


def test_the_commands_about_files_work(run: Run, repository: Path, tmp_path: Path) -> None:
    assert run("control-truss", "init", tmp_path / "new").returncode == 0
    outcome = run("control-truss", "validate", tmp_path / "new")
    assert (outcome.returncode, outcome.stdout) == (0, "no findings\n")
    assert len(run("control-truss", "hash", tmp_path / "new").stdout.strip()) == 64
    schema = json.loads((repository / "docs" / "config.schema.json").read_text())
    assert json.loads(run("control-truss", "schema").stdout) == schema
    assert json.loads(run("control-truss", "schema", "--json").stdout) == {
        "ok": True,
        "schema": schema,
    }


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("up", "new"), "handle"),
        (("patch", "new"), "handle"),
        (("up", "new", "--runtime", "docker"), "handle"),
        (("lsp",), "lsp"),
    ],
)
def test_a_command_that_needs_an_extra_names_it_in_one_line(
    run: Run, tmp_path: Path, command: tuple[str, ...], extra: str
) -> None:
    run("control-truss", "init", tmp_path / "new")
    outcome = run("control-truss", *command)
    assert outcome.returncode == 6
    assert outcome.stderr.count("\n") == 1
    assert f"pip install 'control-truss[{extra}]'" in outcome.stderr
