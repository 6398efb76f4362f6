"""Whether the old version has to make room before the new one is loaded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from control.plane.patching.request import Preference
from control.plane.releases.complete_config import read_config

if TYPE_CHECKING:
    from control.plane.patching.request import PatchRequest
    from control.plane.releases.release import Release
    from control.plane.supervisor.supervisor import Supervisor


async def reason_to_stop_first(
    request: PatchRequest, release: Release, supervisor: Supervisor
) -> str | None:
    """Why two versions cannot be loaded at once; None where they can, or nothing is loaded."""
    if not supervisor.is_occupied:
        return None
    if request.preference is Preference.RESTART:
        return "as asked for"
    config = await asyncio.to_thread(read_config, release.tree)
    if config.accelerator:
        return "the config names an accelerator, which two models may not share"
    if not await supervisor.has_room():
        return "memory does not allow for a second process"
    return None
