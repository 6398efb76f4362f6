"""Environments as users have them: an interpreter, the server's requirements, nothing of ours."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from inference_process import SERVER_DIR

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
OLDEST = "3.9 lowest"  # with the oldest versions the requirements allow
THIS_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        pytest.skip("uv is not installed: no environments can be made")
    return found


def environment(version: str, cache: Path) -> str:
    """The interpreter of an environment with the server's requirements; made once, then kept.

    `version` may end in "lowest": with the oldest packages that the requirements allow.
    """
    requirements = SERVER_DIR / "requirements.txt"
    key = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    directory = cache / f"{version.replace(' ', '-')}-{key}"
    python = directory / "bin" / "python"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other test workers want the same one
        if not (directory / "complete").exists():
            _make(version, directory, requirements)
            (directory / "complete").touch()
    return str(python)


def _make(wanted: str, directory: Path, requirements: Path) -> None:
    version, _, lowest = wanted.partition(" ")
    interpreter = find_python(version)
    if interpreter is None:
        pytest.skip(f"no Python {version} on this machine")
    subprocess.run(
        [uv(), "venv", "--quiet", "--clear", "--python", interpreter, directory], check=True
    )
    python = str(directory / "bin" / "python")
    subprocess.run(
        [
            *(uv(), "pip", "install", "--quiet", "--compile-bytecode"),
            *("--python", python, "--requirements", str(requirements)),
            *(["--resolution", "lowest-direct"] if lowest else []),
        ],
        check=True,
    )


def find_python(version: str) -> str | None:
    """An interpreter of that version: one uv knows or one pyenv keeps beside its shims."""
    for wanted in (version, *_pyenv(version)):
        found = subprocess.run(
            [uv(), "python", "find", "--no-project", "--no-python-downloads", "--system", wanted],
            capture_output=True,
            text=True,
        )
        if found.returncode == 0:
            return found.stdout.strip()
    return None


def _pyenv(version: str) -> list[str]:
    if shutil.which("pyenv") is None:
        return []
    root = subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip()
    return sorted(str(path) for path in Path(root).glob(f"versions/*/bin/python{version}"))
