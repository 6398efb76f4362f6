"""What must never be committed, and what every module of ours keeps to."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

# The brackets keep this file from finding itself.
REGISTRY_HOSTS = re.compile(r"[p]ypi\.org|[p]ythonhosted|[r]egistry\.npmjs")
MACHINE_PATHS = re.compile(r"/[h]ome/\w+|/[r]oot/|/[w]ork/main")
PACKAGES = ("truss_base", "control", "truss_handle", "lsp_server", "demo", "benchmarks", "drift")
LONGEST_MODULE = 400


@pytest.fixture(scope="module")
def committed(repository: Path) -> dict[str, str]:
    """Every committed or addable text file: path -> text."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = {p: repository / p for p in listing.stdout.splitlines() if (repository / p).is_file()}
    return {path: file.read_bytes().decode("utf-8", "replace") for path, file in paths.items()}


@pytest.mark.parametrize("forbidden", [REGISTRY_HOSTS, MACHINE_PATHS], ids=["registry", "machine"])
def test_no_file_names_a_registry_host_or_a_path_of_a_machine(
    committed: dict[str, str], forbidden: re.Pattern[str]
) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path, text in committed.items()
        for number, line in enumerate(text.splitlines(), 1)
        if forbidden.search(line)
    ]
    assert found == []


def test_the_npm_lock_names_no_download_address(committed: dict[str, str]) -> None:
    assert '"resolved"' not in committed["editor-extension/package-lock.json"]


def test_the_python_lock_matches_the_project(repository: Path, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "uv.lock", "README.md"):
        (tmp_path / name).write_bytes((repository / name).read_bytes())
    uv = repository / ".venv" / "bin" / "uv"
    outcome = subprocess.run(
        [uv, "lock", "--check", "--offline"], cwd=tmp_path, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr


def test_modules_stay_small_enough_to_read(committed: dict[str, str]) -> None:
    long = {
        path: text.count("\n")
        for path, text in committed.items()
        if path.startswith(PACKAGES) and path.endswith(".py") and text.count("\n") > LONGEST_MODULE
    }
    assert long == {}


def test_no_room_is_called_utils(committed: dict[str, str]) -> None:
    names = {Path(path).stem for path in committed if path.startswith(PACKAGES)}
    assert names.isdisjoint({"utils", "util", "helpers", "helper", "common", "misc"})
