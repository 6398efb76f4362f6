"""What runs right now: records that were checked against the processes they name.

Directories are resolved ones (`registry.resolve`).
"""

from __future__ import annotations

import asyncio
import shlex
import time
from typing import TYPE_CHECKING

from truss_base.config import TrussConfig
from truss_base.exceptions import TrussBaseError
from truss_base.tree import CONFIG_FILE
from truss_handle.exceptions import HandleError, NotControlTruss, NotRunning
from truss_handle.registry import Registry
from truss_handle.runtimes import runtime_named

if TYPE_CHECKING:
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import Running

PLAIN_KEY = "use_control_plane"
_ENDING = 1.0  # seconds: a killed process closes its sockets before it is gone


async def alive(settings: Settings, truss_dir: Path, runtime: str | None = None) -> Running | None:
    """The instance that runs for a directory; of two, the one started last.

    Raises DockerUnavailable where only its engine could say so.
    """
    silent: HandleError | None = None
    for running in Registry(settings).matching(truss_dir, runtime):
        try:
            if await is_alive(settings, running):
                return running
        except HandleError as error:
            silent = error  # one runtime's silence must not hide what runs on the other
    if silent is not None:
        raise silent
    return None


async def latest(settings: Settings, truss_dir: Path, runtime: str | None = None) -> Running | None:
    """The instance that a verb means: the one that runs, else the one that has ended."""
    running = await alive(settings, truss_dir, runtime)
    return running or Registry(settings).find(truss_dir, runtime)


async def is_alive(settings: Settings, running: Running) -> bool:
    """Whether the processes or the container of a record still run."""
    return await runtime_named(running.runtime, settings).is_alive(running)


async def has_ended(settings: Settings, running: Running) -> bool:
    """Whether an instance that did not answer is ending right now, rather than hanging."""
    deadline = time.monotonic() + _ENDING
    while await is_alive(settings, running):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def require(settings: Settings, truss_dir: Path, runtime: str | None = None) -> Running:
    """As `alive`. Raises NotRunning."""
    running = await alive(settings, truss_dir, runtime)
    if running is None:
        where = f" on the {runtime} runtime" if runtime else ""
        raise NotRunning(
            f"nothing runs for {truss_dir}{where}",
            hint=await _where_instead(settings, truss_dir, runtime),
        )
    return running


async def _where_instead(settings: Settings, truss_dir: Path, runtime: str | None) -> str:
    try:
        other = await alive(settings, truss_dir) if runtime else None
    except HandleError:
        other = None  # an engine that does not answer has its say when it is asked for
    if other is None:
        return f"start it with `control-truss up {shlex.quote(str(truss_dir))}`"
    name = other.runtime
    return f"it runs on {name}: `--runtime {name}`, or TrussHandle(…, runtime={name!r})"


def require_control(running: Running) -> None:
    """Raises NotControlTruss, naming the key."""
    if running.control:
        return
    up = f"`control-truss up {running.truss_dir}`: it replaces the plain server"
    says, hint = f"its config.yaml has no `{PLAIN_KEY}: true`", f"add that, and run {up}"
    if _wants_control(running.truss_dir):
        says, hint = f"it was started without `{PLAIN_KEY}: true`", f"run {up}"
    raise NotControlTruss(
        f"{running.truss_dir} runs as a plain server, which takes no patches: {says}",
        key=PLAIN_KEY,
        hint=hint,
    )


def _wants_control(truss_dir: Path) -> bool:
    try:
        return TrussConfig.from_yaml(truss_dir / CONFIG_FILE).use_control_plane
    except (TrussBaseError, OSError):
        return False


async def last_lines(settings: Settings, running: Running) -> list[str]:
    """The end of the server's own output."""
    runtime = runtime_named(running.runtime, settings)
    return [line async for line in runtime.plain_logs(running, follow=False, tail=500)]
