"""The throw-away environment with the newest `truss` from the package index."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import uv

PLACE = Path(__file__).resolve().parent.parent / ".cache" / "drift"
# Its lower bound on certifi can be newer than what a mirror of the package index holds.
OVERRIDES = "certifi\n"


class OfflineError(Exception):
    """The environment could not be made: the package index is out of reach. One line."""


def python_in(place: Path = PLACE) -> Path:
    """The interpreter of the environment, which need not be there."""
    return place / "env" / "bin" / "python"


def prepare(place: Path = PLACE) -> Path:
    """The interpreter of a fresh environment. Raises OfflineError with what uv said.

    The one before is only replaced by one that is complete.
    """
    fresh = place / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    overrides = place / "overrides.txt"
    overrides.write_text(OVERRIDES)
    _uv("venv", "--python", "3.11", fresh)
    python = fresh / "bin" / "python"
    _uv("pip", "install", "--python", python, "--overrides", overrides, "--upgrade", "truss")
    shutil.rmtree(place / "env", ignore_errors=True)
    fresh.rename(place / "env")
    return python_in(place)


def _uv(*arguments: str | Path) -> None:
    command = [uv.find_uv_bin(), *arguments, "--quiet"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    if outcome.returncode != 0:
        said = " ".join(outcome.stderr.split())[:300]
        raise OfflineError(f"cannot install truss from the package index: {said}")
