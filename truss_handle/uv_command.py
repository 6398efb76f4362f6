"""The `uv` program: where it is, and the surroundings it runs in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle.exceptions import EnvironmentFailed
from truss_handle.programs import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from truss_handle.programs import Completed

# uv does not read pip's settings. Whoever has configured pip for a company's index expects
# that index to be asked, and no other.
_FROM_PIP = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX"}


async def run_uv(arguments: Sequence[str | Path], *, cwd: Path | None = None) -> Completed:
    """Run uv to its end. Raises EnvironmentFailed where there is no uv."""
    return await run([find_uv(), *arguments], env=_surroundings(os.environ), cwd=cwd)


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


def _surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
    ours |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    for pip, uv in _FROM_PIP.items():
        if pip in environ:
            ours.setdefault(uv, environ[pip])
    return ours
