"""Packages of the system, in a container that is ours alone: added, or as if never begun.

apt changes the one system that everything runs in, so it may only add. Whatever would upgrade or
remove a package is found by a simulation, before anything happens, and needs a new image.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from control.plane.environments.program import run
from control.plane.exceptions import InstallFailed, NeedsRebuild

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Progress = Callable[[str], None]

NO_ROOT = "the container does not run as root, who alone may install system packages"
NO_APT = "the image has no apt"
_INSTALL = ("install", "--yes", "--no-install-recommends", "--no-remove")
_TOLD = re.compile(r"(Get:\d+|Unpacking|Setting up) ")
_INSTEAD = re.compile(r"(?m)^(?:Inst (\S+) \[|Remv (\S+))")
_LISTED = "${binary:Package} ${db:Status-Status}\\n"


def why_no_apt() -> str | None:
    """Why no system packages can be installed here; None where they can."""
    if os.geteuid() != 0:
        return NO_ROOT
    return None if shutil.which("apt-get") else NO_APT


@dataclass(frozen=True, slots=True)
class Apt:
    """`limit`: the seconds that one run of a program may take; `settings`: of the network."""

    limit: float
    settings: Mapping[str, str]

    async def update(self, progress: Progress) -> None:
        """Asks the mirrors what there is. Raises InstallFailed with apt's words."""
        progress("updating the lists of packages")
        await self._checked(["apt-get", "update"], progress)

    async def simulate(self, packages: Sequence[str], progress: Progress) -> None:
        """Looks whether `packages` could be added.

        Raises:
            InstallFailed: there is no such package.
            NeedsRebuild: what runs would be changed.
        """
        output = await self._checked(
            ["apt-get", "--simulate", *_INSTALL, "--", *packages], progress
        )
        if changed := [first or second for first, second in _INSTEAD.findall(output)]:
            raise NeedsRebuild(
                f"{', '.join(packages)} would change {', '.join(changed)}, which what runs may use"
            )

    async def add(self, packages: Sequence[str], progress: Progress) -> None:
        """Installs packages. Raises InstallFailed with apt's words."""
        await self._checked(["apt-get", *_INSTALL, "--", *packages], progress)
        if broken := await self._checked(["dpkg", "--audit"], progress):
            raise InstallFailed(f"dpkg finds them broken: {' '.join(broken.split())}")

    async def installed(self) -> list[str]:
        """The names of all packages that left anything, complete or not."""
        listed = await self._checked(["dpkg-query", "--show", f"--showformat={_LISTED}"], _silent)
        rows = (line.split() for line in listed.splitlines())
        return sorted(name for name, status in rows if status != "not-installed")

    async def back_to(self, before: Sequence[str]) -> None:
        """Removes every package that is not among those of `before`."""
        await self._run(["dpkg", "--configure", "--pending"], _silent)
        added = sorted(set(await self.installed()) - set(before))
        if added:
            await self._checked(["dpkg", "--purge", *added], _silent)

    async def _checked(self, command: list[str], progress: Progress) -> str:
        status, output = await self._run(command, progress)
        if status != 0:
            raise InstallFailed(_words(output))
        return output

    async def _run(self, command: list[str], progress: Progress) -> tuple[int, str]:
        def told(line: str) -> None:
            if _TOLD.match(line):
                progress(line.removesuffix(" ..."))

        quiet = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        environment = {**os.environ, **self.settings, **quiet}
        # Half a package is worse than a late answer: who gives up waits for the end.
        work = asyncio.ensure_future(
            run(command, environment=environment, folder=Path("/"), limit=self.limit, on_line=told)
        )
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})
            raise
        except OSError as error:
            raise InstallFailed(f"{command[0]} could not be started: {error.strerror}") from error


def _words(output: str) -> str:
    """What apt complains of: its lines with `E:`, else its last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    complaints = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    return " ".join(complaints or lines[-1:])


def _silent(_line: str) -> None:
    """Nobody waits for this."""
