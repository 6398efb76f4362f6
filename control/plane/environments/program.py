"""Another program, run to its end: line by line, in bounded time, with everything it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from control.plane.supervisor.environment import without_secrets
from control.plane.supervisor.termination import kill_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

KEPT_LINES = 20_000
TIMED_OUT = 124


async def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    limit: float,
    on_line: Callable[[str], None],
) -> tuple[int, str]:
    """The exit status (124 over the `limit`) and the last lines of its output.

    `on_line` is told each line as it comes. Cancelled, the program ends with its children. It is
    shown no secret of the model, since a package's build is code of others.
    Raises OSError when it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        env=without_secrets(environment),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    lines: list[str] = []
    try:
        status = await asyncio.wait_for(_ended(process, lines, on_line), limit)
    except asyncio.TimeoutError:
        return TIMED_OUT, f"it did not end within {limit:g} s"
    finally:
        if process.returncode is None:
            await asyncio.to_thread(kill_group, process.pid)
            await process.wait()
    return status, "\n".join(lines)


async def _ended(
    process: asyncio.subprocess.Process, lines: list[str], on_line: Callable[[str], None]
) -> int:
    """The exit status, once all that was written has been read."""
    reading = asyncio.create_task(_follow(process, lines, on_line))
    try:
        status = await process.wait()
        # Children that outlive it would hold its output open for as long as they like.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await reading
        return status
    finally:
        reading.cancel()


async def _follow(
    process: asyncio.subprocess.Process, lines: list[str], on_line: Callable[[str], None]
) -> None:
    assert process.stdout is not None
    # A line longer than the reader's limit is a build's output gone wild: it is passed over.
    while True:
        with contextlib.suppress(ValueError):
            line = await process.stdout.readline()
            if not line:
                break
            text = line.decode("utf-8", "replace").rstrip()
            del lines[: len(lines) + 1 - KEPT_LINES]
            lines.append(text)
            on_line(text)
