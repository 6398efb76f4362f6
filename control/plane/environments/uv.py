"""Installs a set of requirements into an environment, with uv, and tells what uv says."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from control.plane.environments.program import run
from control.plane.exceptions import InstallFailed
from control.plane.supervisor.termination import PROC, kill_group
from truss_base.requirements import local_paths, project
from truss_base.uv import EXPORT, complaint, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from control.plane.environments.wanted import Difference, Line, Wanted

    Progress = Callable[[str], None]

_TOLD = re.compile(r"\s*(Downloading|Building|Built|Updating|Resolved|Prepared|\+|-)\s")


def find_uv() -> Path | None:
    """The program that is installed in the control plane's own environment."""
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return None


@dataclass(frozen=True, slots=True)
class Uv:
    """The program, the seconds that one run may take, and settings of the network beside ours."""

    program: Path
    limit: float
    settings: Mapping[str, str]

    async def install(
        self,
        python: Path,
        files: Sequence[Path],
        folder: Path,
        difference: Difference,
        damaged: Iterable[str],
        progress: Progress,
    ) -> None:
        """Makes the environment of `python` hold exactly what the requirements `files` lead to.

        What is there and fits, stays; of what the `difference` speaks of, the newest that fits is
        taken; the packages in `damaged` are installed anew. Paths count from `folder`.

        Raises:
            InstallFailed: in uv's words.
        """
        command = [str(self.program), "pip", "install", "--exact", "--compile-bytecode"]
        command += ["--python", str(python)]
        for file in files:
            command += ["-r", str(file)]
        for name in sorted(difference.projects):
            command += ["--upgrade-package", name]
        for name in sorted(damaged):
            # The cache shares its files with the environments: what was written there is in it.
            command += ["--no-cache", "--reinstall-package", name]
        # Where no new version is to be looked for, what the cache knows of the index will do, and
        # saves asking after each package. What it does not know is asked for then.
        if difference.leaves_no_choice:
            status, _ = await self._run([*command, "--offline"], folder, progress)
            if status == 0 and not _holds(python, difference.loosened):
                return
        status, output = await self._run(command, folder, progress)
        if status != 0:
            words = complaint(_failure(status, output))
            # Where that is, is nobody's business but ours.
            raise InstallFailed(words.replace(f"file://{folder}/", "./").replace(f"{folder}/", ""))

    async def export(self, lock: Path, target: Path) -> None:
        """Writes what a `uv.lock` pins as a requirements file, without the project itself.

        Raises:
            InstallFailed: in uv's words.
        """
        command = [str(self.program), *EXPORT, "--quiet", "-o", str(target)]
        status, output = await self._run(command, lock.parent, _silent)
        if status != 0:
            raise InstallFailed(complaint(output))

    async def _run(self, command: list[str], folder: Path, progress: Progress) -> tuple[int, str]:
        def told(line: str) -> None:
            if _TOLD.match(line):
                progress(" ".join(line.split()))

        try:
            return await run(
                command,
                environment=surroundings({**os.environ, **self.settings}),
                folder=folder,
                limit=self.limit,
                on_line=told,
            )
        except OSError as error:
            raise InstallFailed(f"uv could not be started: {error.strerror}") from error


def end_leftovers(folder: Path) -> None:
    """Ends installations below `folder` that outlived the control plane which had begun them."""
    inside = os.fsencode(folder) + b"/"
    for process in PROC.glob("[0-9]*"):
        try:
            program, *words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if program.endswith(b"/uv") and any(word.startswith(inside) for word in words):
            kill_group(int(process.name))


def culprit(wanted: Wanted, words: str) -> Line | None:
    """The requirement that a complaint speaks of; None where it names none, or another's."""
    lines = list(wanted.all_lines())
    for line in lines:
        if line.text in words or any(f"./{it}" in words for it in local_paths([line.text])):
            return line
    for line in lines:
        if (name := project(line.text)) and _mentions(words, name):
            return line
    return None


def _holds(python: Path, projects: Set[str]) -> bool:
    """Whether one of the projects is installed."""
    if not projects:
        return False
    records = python.parent.parent.glob("lib/python*/site-packages/*.dist-info")
    return any(project(record.name.partition("-")[0]) in projects for record in records)


def _failure(status: int, output: str) -> str:
    """The part of uv's output that says what went wrong."""
    found = re.search(r"(?m)^\s*(error:|×)", output)
    if found is None and status < 0:  # killed: what it was doing explains nothing
        return f"uv ended with status {status}"
    return output[found.start() :] if found else output


def _mentions(words: str, name: str) -> bool:
    spelled = re.escape(name).replace("\\-", "[-_.]")
    return re.search(rf"(?i)(?<![\w.-]){spelled}(?![\w-])", words) is not None


def _silent(_line: str) -> None:
    """Nobody waits for this."""
