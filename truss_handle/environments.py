"""Virtual environments in the cache, keyed by everything that decides their content.

Environments cannot be moved once made, so they are built in place: under a lock, and only one
with a completion marker counts. What a killed build left behind is thrown away by the next one.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.requirements import gathered
from truss_base.uv import EXPORT, complaint
from truss_handle.exceptions import EnvironmentFailed
from truss_handle.files import write_atomic
from truss_handle.locks import exclusive
from truss_handle.uv_command import run_uv
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_handle.interpreters import Interpreter
    from truss_handle.values import Progress

LOCK_FILE = "uv.lock"
_MARKER = ".complete"


@dataclass(frozen=True, slots=True)
class Specification:
    """What an environment holds.

    `files` and `requirements` are resolved together. Relative paths in them count from `folder`.
    """

    name: str
    interpreter: Interpreter
    files: tuple[Path, ...]
    requirements: tuple[str, ...] = ()
    folder: Path | None = None

    def key(self) -> str:
        """Folder name in the cache: equal exactly when the content may be shared."""
        digest = hashlib.sha256()
        digest.update(os.fsencode(self.interpreter.executable.resolve()))
        digest.update(repr(self.interpreter.version).encode())
        for text in self._texts():
            digest.update(f"\0{len(text)}\0{text}".encode())
        return f"{self.name}-{self.interpreter.short}-{digest.hexdigest()[:16]}"

    def _texts(self) -> Iterator[str]:
        own = "\n".join(self.requirements)
        yield own
        for file in self.files:
            yield from gathered(str(file), _text).values()
        # Paths in requirements mean something else in every Truss.
        if self.folder is not None and re.search(r"(?m)^\s*(-e|\.|/|file:)|@\s*(\.|file:)", own):
            yield str(self.folder)


async def ensure_environment(root: Path, specification: Specification, progress: Progress) -> Path:
    """The python of a finished environment, built when missing. Raises EnvironmentFailed."""
    key = await asyncio.to_thread(specification.key)
    directory = root / key
    python = directory / "bin" / "python"
    if (directory / _MARKER).exists():
        return python

    def waiting() -> None:
        progress(ProgressEvent("environment", "another process builds this environment: waiting"))

    async with exclusive(root / f"{key}.lock", waiting):
        if not (directory / _MARKER).exists():
            progress(ProgressEvent("environment", f"installing {_described(specification)}"))
            await _build(directory, specification)
    return python


async def _build(directory: Path, specification: Specification) -> None:
    await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
    try:
        await _fill(directory, specification)
    except BaseException:  # a cancelled one, too: there may never be a next build of the same
        removal = asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
        await asyncio.shield(removal)
        raise


async def _fill(directory: Path, specification: Specification) -> None:
    executable = specification.interpreter.executable
    made = await run_uv(["venv", "--quiet", "--no-project", "--python", executable, directory])
    if made.status != 0:
        raise EnvironmentFailed(f"no environment from {executable}: {complaint(made.err)}")
    own = directory / "requirements.in"
    write_atomic(own, "\n".join(specification.requirements) + "\n")
    # Compiled once here: the inference server writes no byte code, and would otherwise compile
    # the user's libraries on every single start.
    arguments: list[str | Path] = ["pip", "install", "--quiet", "--compile-bytecode"]
    arguments += ["--python", directory / "bin" / "python"]
    for file in (own, *specification.files):
        arguments += ["-r", await _exported(file, directory) if file.name == LOCK_FILE else file]
    installed = await run_uv(arguments, cwd=specification.folder)
    if installed.status != 0:
        said = complaint(installed.err) or f"uv ended with status {installed.status}"
        raise EnvironmentFailed(
            f"the requirements cannot be installed: {said}",
            hint="change the requirements of the Truss",
        )
    write_atomic(directory / _MARKER, "")


async def _exported(lock: Path, directory: Path) -> Path:
    """What a lock pins, as a requirements file."""
    target = directory / "lock.txt"
    done = await run_uv([*EXPORT, "--quiet", "-o", target], cwd=lock.parent)
    if done.status != 0:
        raise EnvironmentFailed(f"the lock {lock} cannot be read: {complaint(done.err)}")
    return target


def _described(specification: Specification) -> str:
    count = len(specification.requirements)
    asked = f", {count} requirement{'s' * (count != 1)}" if count else ""
    return f"the {specification.name} environment (Python {specification.interpreter.short}{asked})"


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise EnvironmentFailed(f"the requirements file {file} cannot be read: {error}") from error
