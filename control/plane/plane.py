"""The control plane put together: everything that lives as long as the process, and its state."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import control
from control.plane.blobs.store import BlobStore
from control.plane.blobs.supply import BlobSupply
from control.plane.changes import Changes
from control.plane.downloads.downloads import Downloads
from control.plane.downloads.store import DownloadStore
from control.plane.environments.setup import index_settings, make_installer
from control.plane.exceptions import DownloadFailed, LoadFailed, StateError
from control.plane.patching.activator import Activator
from control.plane.patching.changes import ReleaseFiles
from control.plane.patching.drafts import Drafts
from control.plane.patching.engine import Engine
from control.plane.patching.foresight import Foreseer
from control.plane.patching.history import History
from control.plane.patching.leftovers import Leftovers
from control.plane.patching.patcher import Patcher
from control.plane.patching.planning import Planner
from control.plane.patching.provisions import Provisions
from control.plane.patching.rollback import Rollback
from control.plane.proxy.gate import Gate
from control.plane.proxy.route import Route
from control.plane.releases.complete_config import read_config
from control.plane.releases.store import ReleaseStore
from control.plane.supervisor.environment import inference_environment
from control.plane.supervisor.errors import model_error
from control.plane.supervisor.launch import Launch
from control.plane.supervisor.limits import Limits
from control.plane.supervisor.logbook import LogBook
from control.plane.supervisor.preloads import Preloads, Sources, preloads
from control.plane.supervisor.settling import Settling
from control.plane.supervisor.sockets import socket_folder
from control.plane.supervisor.spare import Surroundings
from control.plane.supervisor.supervisor import Supervisor
from control.plane.tasks import Tasks
from truss_base.exceptions import TrussBaseError

if TYPE_CHECKING:
    from control.plane.releases.release import Release
    from control.plane.settings import Settings
    from control.plane.supervisor.environment import ProcessEnvironment

PACKAGE = Path(control.__file__).resolve().parent
INFERENCE_ROOT = PACKAGE / "inference"


class ControlPlane:
    """Made on the event loop by `open`, ended by `close`."""

    def __init__(self, settings: Settings, store: ReleaseStore) -> None:
        self.settings = settings
        self.store = store
        self.log = LogBook(settings.state / "logs" / "inference.log")
        self.gate = Gate(settings.load_timeout)
        self.tasks = Tasks()
        self.changes = Changes()
        self._started = time.monotonic()
        self._sockets = socket_folder(settings.state)
        launch = Launch(
            import_root=INFERENCE_ROOT,
            sockets=self._sockets,
            secrets_dir=settings.secrets_dir,
            log=self.log,
        )
        limits = Limits(
            load_timeout=settings.load_timeout,
            drain_timeout=settings.drain_timeout,
            healthy_after=settings.healthy_after,
            memory_margin=settings.memory_margin,
            spare=settings.spare,
        )
        self.blobs = BlobStore(settings.state / "blobs", settings.blob_limit)
        self.supply = BlobSupply(self.blobs, store)
        downloaded = DownloadStore(settings.state / "downloads")
        self.downloads = Downloads(downloaded, settings.download_timeout)
        self.installer = make_installer(
            settings.state / "environments",
            settings.inference_python,
            INFERENCE_ROOT / "requirements.txt",
            limit=settings.install_timeout,
            uses_apt=settings.system_packages,
            network=index_settings(settings.index_settings),
        )
        turn, history = asyncio.Lock(), History(store.journal.events)
        self.rollback = Rollback(store, history, self.log, turn)
        self.supervisor = Supervisor(
            launch, self.gate, self._surroundings, self.rollback, limits, self.changes
        )
        self.planner = Planner(self.installer)
        self.drafts = Drafts(store, self.supervisor, self.planner)
        quiet = settings.settle_after if settings.settles else None
        self.settling = Settling(store, self.supervisor, turn, self.log, quiet)
        provisions = Provisions(store, self.installer, self.downloads)
        engine = Engine(
            store,
            self.supervisor,
            self.drafts,
            provisions,
            Activator(self.supervisor),
            history,
            self.log,
            self.changes,
        )
        leftovers = Leftovers(store, self.supervisor, self.drafts, provisions)
        self.patcher = Patcher(
            store,
            engine,
            self.drafts,
            Foreseer(self.supervisor, turn),
            leftovers,
            self.settling,
            history,
            turn,
            self.changes,
        )
        self.route = Route(self.gate, self.supervisor.note_success)

    @classmethod
    async def open(cls, settings: Settings) -> ControlPlane:
        """Recovers or imports the live release and starts to load it.

        Raises:
            StateError: there is nothing to serve, or the state folder cannot be used.
        """
        store = await asyncio.to_thread(_open_store, settings)
        plane = cls(settings, store)
        named, committed = store.shelf.environments_named(), store.journal.committed()
        await plane.installer.recover(store.live, named, committed)
        plane.supervisor.begin(store.live)
        plane.tasks.run(asyncio.to_thread(plane.planner.warm, store.live))
        return plane

    async def close(self) -> None:
        """Ends every process and leaves the state folder to the next."""
        await self.tasks.finish()
        await self.settling.close()
        await self.supervisor.close()
        await self.patcher.close()
        await self.rollback.close()
        self.log.close()
        await asyncio.to_thread(shutil.rmtree, self._sockets, ignore_errors=True)
        self.store.close()

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    async def _surroundings(self, release: Release) -> Surroundings:
        # A patch has seen to it by now; a first start, or one after a model removed it, has not.
        try:
            await self.downloads.provide(release, self.log.note)
        except DownloadFailed as failure:
            raise LoadFailed(model_error("download", "DownloadFailed", str(failure))) from failure
        wanted = Preloads()
        if self.settings.spare:
            wanted = await asyncio.to_thread(_preloads, release)
        return Surroundings(self._environment(release), wanted)

    def _environment(self, release: Release) -> ProcessEnvironment:
        return inference_environment(
            os.environ,
            release.environment,
            python=self.installer.python(release),
            secrets=release.secrets,
            inherit=self.settings.inherit_environment,
            hidden_import_root=str(PACKAGE.parent),
        )


def _preloads(release: Release) -> Preloads:
    files, config = ReleaseFiles(release.tree, release.manifest), read_config(release.tree)
    return preloads(
        Sources(
            paths=release.manifest.keys(),
            read=files.__getitem__,
            model_file=f"{config.model_module_dir}/{config.model_class_filename}",
            model_class=config.model_class_name,
            packages_dir=config.bundled_packages_dir,
        )
    )


def _open_store(settings: Settings) -> ReleaseStore:
    store = ReleaseStore(settings.state)
    try:
        if store.recover() is None:
            if settings.truss is None:
                raise StateError(
                    f"The state folder {settings.state} is empty; name a Truss with --truss."
                )
            store.import_truss(settings.truss, external_packages=settings.external_packages)
    except TrussBaseError as error:
        store.close()
        raise StateError(f"{error}.") from error
    except BaseException:
        store.close()
        raise
    return store
