"""One editor session: its documents, its Trusses, what runs, and what of it the editor shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lsp_server.documents import Documents
from lsp_server.failures import Failures
from lsp_server.pages import Pages
from lsp_server.plans import Plans
from lsp_server.preferences import Preferences
from lsp_server.problems import Problems
from lsp_server.progress import Bars
from lsp_server.reports import Reports
from lsp_server.runtime import Runtime
from lsp_server.save import Saves
from lsp_server.settings import SECTION
from lsp_server.snapshot import CONFIG_NAME
from lsp_server.speculation import Speculation
from lsp_server.surroundings import surroundings
from lsp_server.uris import path_of, uri_of
from lsp_server.view import view_of
from lsp_server.workspace import Trusses
from truss_handle.settings import Settings as Folders

if TYPE_CHECKING:
    from pathlib import Path

    from lsp_server.client import Abilities, Client
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.settings import PatchOnSave
    from lsp_server.snapshot import Snapshot
    from lsp_server.timings import Timings
    from lsp_server.view import View

REMEMBER = "truss/rememberPatchOnSave"


class Session:
    """Lives on the event loop from ``initialize`` to the end."""

    def __init__(
        self, client: Client, able: Abilities, options: Mapping[str, Any], timings: Timings
    ) -> None:
        self.timings = timings
        self.client = client
        self.able = able
        self.trusted = options.get("trusted") is not False
        # A client with commands of its own shows their answers; the server's only answer.
        self._has_commands = options.get("clientCommands") is True
        self.commands = "controlTruss" if self._has_commands else "truss"
        self.preferences = Preferences(client, able, options.get("settings"))
        self.trusses = Trusses()
        self.documents = Documents(self.trusses.locate, able.encoding)
        self.failures = Failures(self.documents.read_text)
        folders = Folders.from_environment()
        self.pages = Pages(folders.cache / "reference")
        self.plans = Plans(client, able, folders.cache / "plans", has_commands=self._has_commands)
        self.problems = Problems(
            client,
            able,
            self.documents,
            self.trusses,
            self.failures,
            self.pages,
            beside_another=options.get("otherYamlServer") is True,
        )
        self.reports = Reports(client, able, self.documents, self.failures, self.problems)
        self.runtime = Runtime(self.reports, hears_of_edits=able.watch_files)
        self.bars = Bars(client)
        self.saves = Saves(self)
        self.speculation = Speculation(self)
        self._met: set[Path] = set()
        self._records = folders.instances

    def watch(self) -> None:
        """Asks to be told of changes: of configs, settings, and what others start and stop."""
        if self.able.watch_configuration:
            self.client.watch_configuration(SECTION)
        if self.able.watch_files and not self.able.relative_patterns:
            self.client.watch("truss", [(None, "**/*")])
        elif self.able.watch_files:
            records = (uri_of(self._records), "**/*.json")
            self.client.watch("truss", [(None, "**/config.yaml"), records])

    # Documents

    def opened(self, snapshot: Snapshot) -> None:
        self._meet(snapshot.truss)
        self.problems.publish(snapshot)

    def changed(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            return
        if _could_be_config(snapshot) and not snapshot.is_config:
            (snapshot,) = self.documents.relocate([snapshot.uri])
            self._meet(snapshot.truss)
        self.problems.publish(snapshot)
        if snapshot.truss is not None:
            self.speculation.typed(snapshot.truss)

    def saved(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            return
        if snapshot.path is not None:
            for truss in self._reread([snapshot.path]):
                self.speculation.saved(truss)
                self.saves.saved(truss, [snapshot.path])

    def closed(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            self.problems.closed(snapshot)

    def touched(self, paths: Sequence[Path]) -> None:
        """Files changed on disk, by whatever tool: what runs may be in sync no more, or again."""
        trusses = self._reread(paths)
        others = any(self._records in path.parents for path in paths)
        for truss in self._met if others else trusses:
            self._look(truss)

    def _reread(self, paths: Sequence[Path]) -> set[Path]:
        """What belongs where and what is valid may differ now; the Trusses the files belong to."""
        folders = {path.parent for path in paths if path.name == CONFIG_NAME}
        for folder in folders:
            self.trusses.forget(folder)
        self.problems.forget()
        trusses = {truss for path in paths for truss in self.trusses.concerned(path)}
        concerned = trusses | folders
        near = [doc.uri for doc in self.documents if doc.path and concerned & {*doc.path.parents}]
        for snapshot in self.documents.relocate(near):
            self._meet(snapshot.truss)
            self.problems.publish(snapshot)
        if near:
            self.client.refresh_diagnostics()
        return trusses

    def view(self, uri: str) -> tuple[View, Snapshot] | None:
        """The Truss of an open document, and the document."""
        snapshot = self.documents.get(uri)
        view = view_of(snapshot.truss, self.documents) if snapshot and snapshot.truss else None
        return (view, snapshot) if view is not None and snapshot is not None else None

    def surroundings(self, snapshot: Snapshot) -> Surroundings:
        """What completion may ask about the world around a document."""
        container = self.runtime.packages.of(snapshot.truss) if snapshot.truss else None
        return surroundings(snapshot, self.documents, self.trusses, container)

    def is_file(self, uri: str) -> bool:
        """Whether an editor can open this: a document it has, or a file on disk."""
        path = path_of(uri)
        return self.documents.get(uri) is not None or (path is not None and path.is_file())

    # What runs

    def _meet(self, truss: Path | None) -> None:
        """The first document of a Truss: see what runs, and hear of changes by other tools."""
        if truss is None or truss in self._met:
            return
        self._met.add(truss)
        if self.able.watch_files and self.able.relative_patterns:
            self.client.watch(f"truss-{truss}", [(uri_of(truss), "**/*")])
        self._look(truss)

    def _look(self, truss: Path) -> None:
        """Not while something is being done to the container: that ends with a look anyway."""
        if self.trusted and not self.runtime.state(truss).busy:
            self.runtime.look(truss)

    def known(self) -> tuple[Path, ...]:
        """The Trusses of which a document has been open."""
        return tuple(sorted(self._met))

    # Settings and trust

    def settings_changed(self, pushed: object) -> None:
        """Settings may be others now; `pushed` is what the client has sent along."""
        self.preferences.changed(pushed)
        self.saves.settings_changed()
        self.client.refresh_lenses()
        self.client.refresh_hints()

    def remember_patch_on_save(self, truss: Path, mode: PatchOnSave) -> None:
        """Lets the client write the setting; the protocol has no way to write it ourselves."""
        if self._has_commands:
            self.client.notify(REMEMBER, {"uri": uri_of(truss), "value": mode})
            return
        setting = f'"{SECTION}.patchOnSave": "{mode}"'
        message = f"This holds until the language server ends; {setting} keeps it."
        self.client.show("information", message)

    def trust(self) -> None:
        """The user trusts this workspace: from now on things may run."""
        self.trusted = True
        for truss in self._met:
            self._look(truss)

    async def end(self) -> None:
        """Ends what this session still does; containers stay up, they outlive the editor."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)


def _could_be_config(snapshot: Snapshot) -> bool:
    return snapshot.path is not None and snapshot.path.name == CONFIG_NAME
