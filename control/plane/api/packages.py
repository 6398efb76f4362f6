"""`GET /control/packages`: what is installed where the inference server runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from control.plane.environments.site_packages import site_packages
from truss_base.distributions import installed

if TYPE_CHECKING:
    from pathlib import Path

    from control.plane.plane import ControlPlane


async def answer_packages(plane: ControlPlane) -> JSONResponse:
    """The distributions that the live version can import, with the environment they are in."""
    live = plane.store.live
    python = plane.installer.python(live)
    return JSONResponse(await asyncio.to_thread(_packages, live.environment_id, python))


def _packages(environment: str | None, python: Path) -> dict[str, Any]:
    # Not remembered: it costs a listing of a few folders, and a model may install something itself.
    return {"environment": environment, "packages": installed(site_packages(python))}
