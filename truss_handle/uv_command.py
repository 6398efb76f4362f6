"""The `uv` program: where it is, and the surroundings it runs in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.uv import surroundings
from truss_handle.exceptions import EnvironmentFailed
from truss_handle.programs import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truss_handle.programs import Completed


async def run_uv(arguments: Sequence[str | Path], *, cwd: Path | None = None) -> Completed:
    """Run uv to its end. Raises EnvironmentFailed where there is no uv."""
    return await run([find_uv(), *arguments], env=surroundings(os.environ), cwd=cwd)


def find_uv() -> Path:
    """The program of the installed uv package. Raises EnvironmentFailed."""
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise EnvironmentFailed(
            "uv is not installed beside control-truss",
            hint="pip install 'control-truss[handle]'",
        ) from error
