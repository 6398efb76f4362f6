"""Gives a release the files that its config asks for by URL."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from control.plane.downloads.store import Limits
from control.plane.exceptions import DownloadFailed, UnsafePath
from control.plane.releases.complete_config import read_config
from control.plane.releases.directory import NO_HARD_LINKS, open_directory
from truss_base import paths
from truss_base.exceptions import PathError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from control.plane.downloads.store import DownloadStore
    from control.plane.releases.release import Release

    Progress = Callable[[str], None]

BACKENDS = ("http_public",)


@dataclass(frozen=True, slots=True)
class Item:
    """One file: from where, and its path in the release's tree."""

    url: str
    path: str


class Downloads:
    """What is declared is there before a model is loaded; one download at a time."""

    def __init__(self, store: DownloadStore, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._turn = asyncio.Lock()

    def concern(self, release: Release) -> bool:
        """Whether a release may declare anything."""
        # Reading a config costs milliseconds, which a hot patch does not have.
        return "external_data" in release.config_text()

    async def provide(
        self, release: Release, progress: Progress, base: Release | None = None
    ) -> None:
        """Fetches what `release` declares and does not have. What `base` declares too is taken as
        it was; anything else is asked for anew, since what is behind a URL may have changed.

        Raises:
            DownloadFailed: with the URL and what its server said.
        """
        if not self.concern(release):
            return
        wanted = await asyncio.to_thread(_absent, release)
        if not wanted:
            return
        known = set(await asyncio.to_thread(_declared, base)) if base is not None else set()
        loop = asyncio.get_running_loop()
        cancelled = threading.Event()
        limits = Limits(time.monotonic() + self._seconds, cancelled)

        def told(message: str) -> None:
            loop.call_soon_threadsafe(progress, message)

        def work() -> None:
            for item in wanted:
                self._provide(release, item, limits, told, known=item in known)

        await self._in_turn(work, cancelled)

    async def _in_turn(self, work: Callable[[], None], cancelled: threading.Event) -> None:
        """Runs `work` in a thread. Whoever is cancelled leaves at once; the next one comes when
        the thread has noticed."""
        await self._turn.acquire()
        running = asyncio.ensure_future(asyncio.to_thread(work))
        running.add_done_callback(self._ended)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def _ended(self, running: asyncio.Future[None]) -> None:
        self._turn.release()
        if not running.cancelled():
            running.exception()  # whoever waited has heard of it

    async def collect(self, releases: Callable[[], Iterable[Release]]) -> None:
        """Removes what no release declares. `releases` is asked when no download is on its way,
        in a thread: those that begin later are of releases that are there by then."""

        def work() -> None:
            if not self._store.is_empty:
                self._store.collect({item.url for one in releases() for item in _safely(one)})

        await self._in_turn(work, threading.Event())

    def _provide(
        self, release: Release, item: Item, limits: Limits, progress: Progress, *, known: bool
    ) -> None:
        file = self._store.find(item.url) if known else None
        if file is None:
            progress(f"fetching {item.path}")
            file = self._store.fetch(item.url, limits, progress)
        try:
            _place(release, item, file)
        except (OSError, UnsafePath) as error:
            raise DownloadFailed(item.url, f"{item.path} cannot be written ({error})") from error


def _absent(release: Release) -> list[Item]:
    """What a release declares and lacks. The Truss's own file of that name goes before."""
    items = _declared(release)
    return [item for item in items if not os.path.lexists(release.tree / item.path)]


def _declared(release: Release) -> list[Item]:
    """Raises DownloadFailed for what can never be fetched."""
    config = read_config(release.tree)
    items = []
    for data in config.external_data or ():
        url, backend = str(data["url"]), str(data.get("backend") or BACKENDS[0])
        if backend not in BACKENDS:
            raise DownloadFailed(url, f"backend {backend!r} is not known: use {BACKENDS[0]}")
        try:
            base = paths.directory(config.data_dir)
            path = paths.join(base, paths.normalize(str(data["local_data_path"])))
        except PathError as error:
            raise DownloadFailed(url, str(error)) from error
        items.append(Item(url, path))
    return items


def _safely(release: Release) -> list[Item]:
    try:
        return _declared(release)
    except DownloadFailed:
        return []


def _place(release: Release, item: Item, file: Path) -> None:
    """A second name for a downloaded file; a copy where the file system has no such thing."""
    *folders, name = item.path.split("/")
    with open_directory(release.tree) as root, root.below(folders, create=True) as folder:
        try:
            folder.link(name, file)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            folder.copy(name, file, executable=False)
        folder.sync()
