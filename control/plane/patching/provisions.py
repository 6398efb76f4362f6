"""What a release needs beside its own files: downloads, and an environment to run in."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from control.plane.releases.release import assigned
from truss_base.plan import Strategy

if TYPE_CHECKING:
    from control.plane.downloads.downloads import Downloads
    from control.plane.environments.installer import Installer
    from control.plane.patching.transaction import Transaction
    from control.plane.releases.release import Release
    from control.plane.releases.store import ReleaseStore


class Provisions:
    """Fetches and installs, beside what runs. All of it may be given up on the way."""

    def __init__(self, store: ReleaseStore, installer: Installer, downloads: Downloads) -> None:
        self._store = store
        self._installer = installer
        self._downloads = downloads

    async def provide(self, patch: Transaction) -> None:
        """Everything that the staged release names is there.

        Raises:
            DownloadFailed: something cannot be fetched.
            PatchFailed: something cannot be installed.
        """
        if self._downloads.concern(patch.release):
            fetching = self._downloads.provide(patch.release, patch.told("download"), patch.base)
            await patch.attempt.race(fetching)
            patch.watch.lap("download")
        if _installs(patch):
            await self._install(patch)
            patch.watch.lap("install")

    async def settle(self, patch: Transaction) -> None:
        """Waits until what was installed outlives the machine."""
        if _installs(patch):
            await asyncio.to_thread(self._installer.settle, patch.release)

    async def keep(self, patch: Transaction) -> None:
        """The release is live."""
        if _installs(patch):
            await asyncio.to_thread(self._installer.keep)

    async def undo(self, release: Release) -> None:
        """The release never will be live."""
        await self._installer.undo(release)

    async def collect(self) -> None:
        """Removes what no release that is there needs any more."""
        await asyncio.to_thread(self._installer.collect, self._store.shelf.environments_named())
        await self._downloads.collect(self._store.shelf.releases)

    async def _install(self, patch: Transaction) -> None:
        assert patch.draft is not None, "what is provided for is staged"
        installing = self._installer.install(patch.release, patch.base, patch.told("install"))
        environment = await patch.attempt.race(installing)
        release = await asyncio.to_thread(assigned, patch.release, environment)
        # What was made ahead was on disk, but not with this link.
        patch.draft = replace(patch.draft, release=release, is_settled=False)
        self._installer.linked(environment)


def _installs(patch: Transaction) -> bool:
    # By the draft: another plan may be carried out in the end, for what is installed by then.
    return patch.draft is not None and patch.draft.chosen.strategy is Strategy.NEW_ENVIRONMENT
