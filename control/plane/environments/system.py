"""System packages of a patch: remembered until the patch is live, taken back when it never is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from control.plane.exceptions import InstallFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from control.plane.environments.apt import Apt
    from control.plane.releases.release import Release

    Progress = Callable[[str], None]


FRESH_SECONDS = 600.0

logger = logging.getLogger("control.plane")


@dataclass(frozen=True, slots=True)
class _Note:
    """For which release packages are being added, and which were there before."""

    release: str
    before: list[str]


class SystemPackages:
    """`note` is a file: what it says outlives a control plane that is killed meanwhile."""

    def __init__(self, apt: Apt, note: Path) -> None:
        self._apt = apt
        self._note = note
        self._stale = -math.inf

    async def add(self, packages: Sequence[str], release: Release, progress: Progress) -> None:
        """Installs packages for a staged release, all or none.

        Raises:
            InstallFailed: in apt's words.
            NeedsRebuild: they cannot be added without changing what runs.
        """
        # Older lists name versions that the mirrors may have given up by now.
        if time.monotonic() > self._stale:
            await self._apt.update(progress)
            self._stale = time.monotonic() + FRESH_SECONDS
        await self._apt.simulate(packages, progress)
        before = await self._apt.installed()
        await asyncio.to_thread(self._remember, release, before)
        try:
            await self._apt.add(packages, progress)
        except BaseException:
            await asyncio.shield(self.undo(release))
            raise

    async def undo(self, release: Release) -> None:
        """Takes back what was added for a release that is not live, and for no other."""
        noted = await asyncio.to_thread(self._noted)
        if noted is not None and noted.release == release.id:
            await self._take_back(noted)

    def keep(self) -> None:
        """The release is live: what was added stays."""
        try:
            self._note.unlink(missing_ok=True)
        except OSError:
            # Of a release that was live, the next start forgets it; the next addition replaces it.
            logger.warning("the note on system packages stays for now", exc_info=True)

    async def recover(self, committed: Collection[str]) -> None:
        """Ends what a crash left open: kept where the release was ever live, else taken back."""
        noted = await asyncio.to_thread(self._noted)
        if noted is None:
            return
        if noted.release in committed:
            self.keep()
        else:
            await self._take_back(noted)

    async def _take_back(self, noted: _Note) -> None:
        # What cannot be removed harms nobody: it was added to what was there.
        with contextlib.suppress(InstallFailed):
            await self._apt.back_to(noted.before)
        self.keep()

    def _remember(self, release: Release, before: Sequence[str]) -> None:
        new = self._note.with_suffix(".new")
        new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_text(json.dumps(asdict(_Note(release.id, list(before)))))
        new.replace(self._note)

    def _noted(self) -> _Note | None:
        try:
            return _Note(**json.loads(self._note.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
