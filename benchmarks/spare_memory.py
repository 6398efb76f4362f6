"""What a warm spare holds beyond an interpreter that has imported the same packages.

Both are measured where the spare stands, beside a process that serves: what is mapped from files
is shared with that one and costs nothing. Both have collected their garbage.
"""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.inference.inference_process import Managed, booted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IMPORTED = "import gc, sys\n{imports}\ngc.collect()\nprint(flush=True)\nsys.stdin.read()\n"


def over_the_imports(python: str, modules: Sequence[str]) -> float:
    """Megabytes (10^6 bytes) that are a spare's alone, without those that `modules` need."""
    with _warm(python, modules), _warm(python, modules) as spare, _bare(python, modules) as bare:
        return (_private(spare) - _private(bare)) / 1e6


def preload(server: Managed, modules: Sequence[str]) -> None:
    """Has a process that has just booted import what a model would import."""
    if modules:
        server.send("preload", modules=modules)
        problem = server.event("preloaded")["problem"]
        assert problem is None, problem


@contextlib.contextmanager
def _warm(python: str, modules: Sequence[str]) -> Iterator[int]:
    with booted(python) as server:
        preload(server, modules)
        yield server.process.popen.pid


@contextlib.contextmanager
def _bare(python: str, modules: Sequence[str]) -> Iterator[int]:
    """An interpreter that has imported the packages, and nothing of ours."""
    source = IMPORTED.format(imports="\n".join(f"import {module}" for module in modules))
    command = [python, "-c", source]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


def _private(pid: int) -> int:
    """Bytes that would be free without the process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[-2]) for line in lines[1:]}
    return (sizes["Private_Clean"] + sizes["Private_Dirty"]) * 1024
