"""Other programs, run to their end without blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program left: exit status (127 not startable, 124 over the limit) and output."""

    status: int
    out: str
    err: str


async def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    limit: float | None = None,
) -> Completed:
    """Run a program to its end; a cancelled caller takes the program and its children along."""
    try:
        process = await asyncio.create_subprocess_exec(
            *map(str, argv),
            env=env,
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return Completed(127, "", str(error))
    try:
        out, err = await asyncio.wait_for(_output(process), limit)
    except asyncio.TimeoutError:
        return Completed(124, "", f"no answer within {limit:g} s")
    finally:
        if process.returncode is None:
            _end_group(process)
            await process.wait()
    return Completed(
        process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")
    )


async def _output(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """What a program has written until it ended, itself or by somebody's hand."""
    reading = asyncio.create_task(process.communicate())
    try:
        await process.wait()
        # Children that outlive it would hold its output open for as long as they like.
        _end_group(process)
        return await reading
    finally:
        reading.cancel()


def _end_group(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
