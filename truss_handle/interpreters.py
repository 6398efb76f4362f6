"""Finding an installed Python of the version a config asks for. Nothing is ever downloaded."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle.exceptions import InputInvalid, PythonNotFound
from truss_handle.programs import run
from truss_handle.uv_command import run_uv

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_PROBE = "import json, sys; print(json.dumps(sys.version_info[:3]))"
_PROBE_LIMIT = 10.0  # seconds; a shim on a network drive must not hang a start
_SERVED = range(9, 15)  # minor versions that the inference server runs on


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter that was asked for its version and answered."""

    executable: Path
    version: tuple[int, int, int]

    @property
    def short(self) -> str:
        """The version as people write it: "3.11"."""
        return f"{self.version[0]}.{self.version[1]}"


def version_of(python_version: str) -> str:
    """ "py311" or "3.11" -> "3.11". Raises InputInvalid."""
    match = re.fullmatch(r"(?:py)?(3)\.?(\d{1,2})", python_version)
    if match is None:
        raise InputInvalid(
            f"python_version {python_version!r} is no Python version",
            hint="write it like py311",
        )
    return f"{match[1]}.{match[2]}"


async def interpreter_for(
    python_version: str, *, chosen: Path | None = None, any_python: bool = False
) -> Interpreter:
    """The interpreter to run a model in.

    `chosen` is taken as it is; `any_python` falls back to the current one. Raises PythonNotFound.
    """
    if chosen is not None:
        return await _chosen(chosen)
    wanted = version_of(python_version)
    async for found in _installed(wanted):
        if found.short == wanted:
            return found
    if any_python:
        return current()
    raise PythonNotFound(
        f"the config asks for Python {wanted}, which is not installed on this machine",
        hint=f"install Python {wanted}, change python_version, or pass --any-python"
        f" to run in {current().short}",
    )


def current() -> Interpreter:
    """The interpreter we run in."""
    return Interpreter(Path(sys.executable), sys.version_info[:3])


async def installed_versions() -> list[str]:
    """Every version on this machine that can serve a model, oldest first."""
    versions = [f"3.{minor}" for minor in _SERVED]
    found = await asyncio.gather(*map(_is_installed, versions))
    return [version for version, there in zip(versions, found, strict=True) if there]


async def _is_installed(version: str) -> bool:
    async for interpreter in _installed(version):
        if interpreter.short == version:
            return True
    return False


async def _chosen(executable: Path) -> Interpreter:
    # Not resolved: a virtual environment's interpreter is what it is by the path it is called by.
    executable = Path.cwd() / executable
    version = await _version(executable)
    if version is None:
        raise PythonNotFound(f"{executable} is no Python interpreter", hint="check --python")
    return Interpreter(executable, version)


async def _installed(wanted: str) -> AsyncIterator[Interpreter]:
    if current().short == wanted:
        yield current()
        return
    for executable in (*_on_path(wanted), *_of_pyenv(wanted)):
        if version := await _version(executable):
            yield Interpreter(executable, version)
    managed = await _of_uv(wanted)
    if managed and (version := await _version(managed)):
        yield Interpreter(managed, version)


def _on_path(wanted: str) -> Iterator[Path]:
    for folder in os.get_exec_path():
        for name in (f"python{wanted}", "python3"):
            candidate = Path(folder, name)
            if os.access(candidate, os.X_OK) and candidate.is_file():
                yield candidate


def _of_pyenv(wanted: str) -> Iterator[Path]:
    # pyenv's shims only start the versions that are switched on; the others are there all the same.
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(root.glob(f"versions/{wanted}.*/bin/python{wanted}"), reverse=True)


async def _of_uv(wanted: str) -> Path | None:
    found = await run_uv(["python", "find", "--no-project", "--system", wanted])
    return Path(found.out.strip()) if found.status == 0 and found.out.strip() else None


async def _version(executable: Path) -> tuple[int, int, int] | None:
    probe = await run([executable, "-I", "-S", "-c", _PROBE], limit=_PROBE_LIMIT)
    if probe.status != 0:
        return None
    try:
        major, minor, micro = json.loads(probe.out)
    except ValueError:
        return None
    return int(major), int(minor), int(micro)
