"""Gives a release the environment that its requirements ask for."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING

from control.plane.environments.asked import system_packages_of, wanted_of
from control.plane.environments.clone import clone
from control.plane.environments.damage import owners
from control.plane.environments.sources import copy_sources
from control.plane.environments.store import FIRST
from control.plane.environments.uv import culprit, end_leftovers
from control.plane.environments.wanted import LOCK_FILE, Difference, Wanted
from control.plane.exceptions import (
    InstallFailed,
    NeedsRebuild,
    PatchFailed,
    UnsupportedPatch,
)
from control.plane.failpoints import reach
from control.plane.supervisor.errors import model_error
from truss_base.plan import Change, Plan, Strategy
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from control.plane.environments.store import Environment, EnvironmentStore
    from control.plane.environments.system import SystemPackages
    from control.plane.environments.uv import Uv
    from control.plane.releases.release import Release
    from truss_base.plan import Abilities

    Progress = Callable[[str], None]

VENV = "venv"
OWN_LINES = "config.txt"
TEXTS = "files"


class Installer:
    """Installs beside what runs. `own` is the requirements file of the inference server, `uv` None
    where there is none, and so is `system`; then `abilities` says so, and no plan leads here."""

    def __init__(
        self,
        store: EnvironmentStore,
        uv: Uv | None,
        own: Path,
        system: SystemPackages | None,
        find_abilities: Callable[[], Abilities],
    ) -> None:
        self._store = store
        self._uv = uv
        self._own = own
        self._system = system
        self._find_abilities = find_abilities

    @cached_property
    def abilities(self) -> Abilities:
        """What can be installed. Blocks when it is asked for the first time."""
        return self._find_abilities()

    async def recover(
        self, live: Release, named: Collection[str], committed: Collection[str]
    ) -> None:
        """Keeps the environments `named` and no other, and ends what a crash left open;
        `committed` are the releases that were ever live."""
        await asyncio.to_thread(self._recover_environments, live, named)
        if self._system is not None:
            await self._system.recover({*committed, live.id})

    def _recover_environments(self, live: Release, named: Collection[str]) -> None:
        end_leftovers(self._store.folder)
        self._store.collect(named)
        if live.environment_id is None:
            try:
                self._store.note_first(wanted_of(live).key)
            except InstallFailed:
                # Whatever it holds, it is not what this release asks for.
                self._store.note_first("")

    def python(self, release: Release) -> Path:
        """The interpreter that a release is to be run by."""
        return self._store.python(release.environment_id)

    def collect(self, named: Collection[str]) -> None:
        """Removes every environment but those `named`."""
        self._store.collect(named)

    def settle(self, release: Release) -> None:
        """Waits until what was installed for a staged release outlives the machine."""
        if release.environment_id is not None:
            self._store.settle(release.environment_id)

    def linked(self, environment_id: str | None) -> None:
        """A release names it now, which keeps it."""
        reach("environment.linked")
        if environment_id is not None:
            self._store.release(environment_id)

    async def undo(self, release: Release) -> None:
        """Takes back what was installed for a release that does not become live."""
        if self._system is not None:
            await self._system.undo(release)

    def keep(self) -> None:
        """The release for which something was installed is live."""
        if self._system is not None:
            self._system.keep()

    async def install(self, release: Release, base: Release, progress: Progress) -> str | None:
        """Installs what `release`, a staged successor of `base`, asks for beyond it.

        Gives the environment it is to run in; None is the first one. The same requirements have
        the same environment, also again after others.

        Raises:
            PatchFailed: with what the installer said, and the line it speaks of.
            UnsupportedPatch: it turned out that only a rebuild can do it.
        """
        # First, because building a package may need them.
        await self._add_system_packages(release, base, progress)
        return await self._environment(release, base, progress)

    async def _add_system_packages(
        self, release: Release, base: Release, progress: Progress
    ) -> None:
        had = await asyncio.to_thread(system_packages_of, base)
        asked = await asyncio.to_thread(system_packages_of, release)
        wanted = [package for package in asked if package not in had]
        if not wanted:
            return
        assert self._system is not None, "without it the plan was a rebuild"
        try:
            await self._system.add(wanted, release, progress)
        except NeedsRebuild as refusal:
            raise _rebuild(str(refusal)) from refusal
        except InstallFailed as failure:
            raise PatchFailed(
                f"The system packages cannot be installed: {failure}",
                model_error("install", "InstallFailed", str(failure)),
            ) from failure

    async def _environment(self, release: Release, base: Release, progress: Progress) -> str | None:
        try:
            after = await asyncio.to_thread(wanted_of, release)
            before = await asyncio.to_thread(wanted_of, base)
        except InstallFailed as failure:
            raise _explained(failure, Wanted()) from failure
        if before.key == after.key:
            return base.environment_id
        found = await asyncio.to_thread(self._store.find, after.key)
        if found is None:
            found = await self._make(release, base, before, after, progress)
        return None if found.id == FIRST else found.id

    async def _make(
        self,
        release: Release,
        base: Release,
        before: Wanted,
        after: Wanted,
        progress: Progress,
    ) -> Environment:
        assert self._uv is not None, "without uv the plan was a rebuild"
        root = await asyncio.to_thread(self._store.begin)
        reach("environment.begun")
        try:
            progress("cloning the environment")
            damaged = await asyncio.to_thread(self._clone, base, root)
            reach("environment.cloned")
            files = await self._write(release, after, root)
            await self._uv.install(
                root / VENV / "bin" / "python",
                files,
                self._folder(after, root),
                Difference.between(before, after),
                damaged,
                progress,
            )
            reach("environment.installed")
            made = await asyncio.to_thread(self._store.finish, root, after.key, after.sources_key)
            reach("environment.recorded")
            return made
        except BaseException as failure:
            await asyncio.to_thread(self._store.discard, root)
            if isinstance(failure, InstallFailed):
                raise _explained(failure, after) from failure
            if isinstance(failure, OSError):
                raise PatchFailed(
                    f"The new environment could not be written ({failure.strerror}); "
                    "nothing was changed."
                ) from failure
            raise

    def _clone(self, base: Release, root: Path) -> set[str]:
        source = self._store.get(base.environment_id)
        assert source is not None, "the live release runs in a recorded environment"
        return owners(source.root, clone(source.root, root / VENV, source.made))

    async def _write(self, release: Release, wanted: Wanted, root: Path) -> list[Path]:
        """The requirements files that the installer reads, beside the environment."""
        folder = root / "requirements"
        await asyncio.to_thread(_write_texts, wanted, folder)
        if wanted.local:
            copy = self._folder(wanted, root)
            await asyncio.to_thread(copy_sources, release.tree, sorted(wanted.local), copy)
        files = [folder / OWN_LINES, self._own]
        if wanted.file is None:
            return files
        named = folder / TEXTS / wanted.file
        if named.name == LOCK_FILE:
            assert self._uv is not None, "checked before"
            named, lock = folder / "lock.txt", named
            await self._uv.export(lock, named)
        return [*files, named]

    def _folder(self, wanted: Wanted, root: Path) -> Path:
        return self._store.sources(wanted.sources_key) if wanted.local else root


def _rebuild(reason: str) -> UnsupportedPatch:
    subject = f"{CONFIG_FILE}:system_packages"
    change = Change(subject, Strategy.REBUILD, f"{reason}: {Strategy.REBUILD.title}")
    plan = Plan.of([change])
    return UnsupportedPatch(f"This change needs a rebuild: {subject}: {reason}", plan.to_dict())


def _write_texts(wanted: Wanted, folder: Path) -> None:
    folder.mkdir()
    (folder / OWN_LINES).write_text("".join(f"{line.text}\n" for line in wanted.lines))
    for path, text in wanted.texts.items():
        target = folder / TEXTS / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def _explained(failure: InstallFailed, wanted: Wanted) -> PatchFailed:
    """The failure with the place of the requirement that it speaks of."""
    words = str(failure)
    error = model_error("install", "InstallFailed", words)
    line = culprit(wanted, words)
    if line is None:
        return PatchFailed(f"The requirements cannot be installed: {words}", error)
    error |= {"path": line.path, "line": line.number}
    where = f"{line.path}, line {line.number} ({line.text})"
    return PatchFailed(f"The requirements cannot be installed: {where}: {words}", error)
