"""What this machine has and lacks for running Trusses."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle import leftovers
from truss_handle.exceptions import HandleError
from truss_handle.extras import missing_extra
from truss_handle.interpreters import current, installed_versions
from truss_handle.programs import run
from truss_handle.registry import Registry
from truss_handle.uv_command import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_handle.settings import Settings

_LOW_SPACE = 2 * 1024**3  # bytes; one environment with a large framework
_LIMIT = 10.0  # seconds for a tool to answer


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `level`: ok, warning (something is missing) or error (nothing works)."""

    subject: str
    level: str
    message: str
    hint: str = ""


async def examine(settings: Settings) -> list[Check]:
    """Every check, in a fixed order. Changes nothing."""
    found = await asyncio.gather(
        _pythons(),
        _uv(),
        _docker(),
        asyncio.to_thread(_folder, "state folder", settings.home),
        asyncio.to_thread(_cache, settings.cache),
        asyncio.to_thread(_gone, settings),
        _leftovers(settings),
    )
    return list(found)


async def _pythons() -> Check:
    try:
        versions = await installed_versions()
    except HandleError as error:
        return Check("python", "warning", f"only uv can list the interpreters: {error}", error.hint)
    listed = ", ".join(versions)
    if not versions:
        return Check("python", "error", f"no interpreter serves a model ({current().short} runs)")
    return Check("python", "ok", f"models can run in Python {listed}")


async def _uv() -> Check:
    try:
        answer = await run([find_uv(), "--version"], limit=_LIMIT)
    except HandleError as error:
        return Check("uv", "error", str(error), error.hint)
    if answer.status != 0:
        return Check("uv", "error", f"it does not run: {answer.err.strip()}", "install it again")
    return Check("uv", "ok", answer.out.strip())


async def _docker() -> Check:
    hint = "only the docker runtime needs it"
    if shutil.which("docker") is None:
        return Check("docker", "warning", "no docker client on PATH", hint)
    answer = await run(["docker", "version", "--format", "{{.Server.Version}}"], limit=_LIMIT)
    if answer.status != 0:
        said = (answer.err.strip().splitlines() or ["no answer"])[-1]
        return Check("docker", "warning", f"no engine answers: {said}", hint)
    return Check("docker", "ok", f"engine {answer.out.strip()}")


def _folder(subject: str, path: Path) -> Check:
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        return Check(subject, "error", f"{path} cannot be written: {error.strerror}")
    if free < _LOW_SPACE:
        return Check(subject, "warning", f"{path}: only {free // 1024**2} MB are free")
    return Check(subject, "ok", str(path))


def _cache(path: Path) -> Check:
    check = _folder("cache folder", path)
    size = sum(_sizes(path)) / 1024**2
    return replace(check, message=f"{check.message} ({size:,.0f} MB)")


def _sizes(path: Path) -> Iterator[int]:
    """Bytes of every file below; links and what disappears meanwhile count as nothing."""
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                yield Path(folder, name).lstat().st_size


def _gone(settings: Settings) -> Check:
    """Instances whose Truss was moved or removed while they ran."""
    running = Registry(settings).all()
    gone = [instance.truss_dir for instance in running if not instance.truss_dir.is_dir()]
    if gone:
        hint = f"`control-truss down {shlex.quote(str(gone[0]))}` stops the first"
        message = f"{len(gone)} of {len(running)}: the folder is gone: {', '.join(map(str, gone))}"
        return Check("instances", "warning", message, hint)
    return Check("instances", "ok", f"{len(running)} recorded, none without its folder")


async def _leftovers(settings: Settings) -> Check:
    try:
        dead = await leftovers.found(settings)
    except ModuleNotFoundError as error:
        missing = missing_extra(error.name)
        if missing is None:
            raise
        return Check("leftovers", "warning", f"cannot be looked for: {missing}")
    if dead:
        named = ", ".join(dead)
        hint = "`control-truss list` removes them"
        return Check("leftovers", "warning", f"of instances that no longer run: {named}", hint)
    return Check("leftovers", "ok", "none")
