"""One editor session: its documents, its Trusses, what runs, and what of it the editor shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lsp_server.documents import Documents
from lsp_server.failures import Failures, Slot
from lsp_server.features import diagnostics
from lsp_server.progress import Bars
from lsp_server.runtime import Runtime, State
from lsp_server.save import Saves
from lsp_server.settings import SECTION, Settings
from lsp_server.snapshot import CONFIG_NAME, Snapshot
from lsp_server.uris import uri_of
from lsp_server.workspace import Trusses

if TYPE_CHECKING:
    from pathlib import Path

    from lsp_server.client import Abilities, Client
    from lsp_server.items import Json, Problem
    from truss_base.validation import Finding

STATUS = "truss/status"
_SHOWN_AS = {"starting": "starting", "rebuilding": "starting", "patching": "patching"}


class Session:
    """Lives on the event loop from ``initialize`` to the end."""

    def __init__(self, client: Client, able: Abilities, options: Mapping[str, Any]) -> None:
        self.client = client
        self.able = able
        self.trusted = options.get("trusted") is not False
        self._settings = Settings.parse(options.get("settings"))
        self._settings_of: dict[Path, Settings] = {}
        self.trusses = Trusses()
        self.documents = Documents(self.trusses.locate, able.encoding)
        self.failures = Failures(self.read_text)
        self.runtime = Runtime(self)
        self.bars = Bars(client)
        self.saves = Saves(self)
        self._watched: set[Path] = set()
        self._published: set[str] = set()
        self._configs: dict[Path, Snapshot] = {}
        self._spoken_of: dict[Path, set[Path]] = {}

    # Documents

    def opened(self, snapshot: Snapshot) -> None:
        self._meet(snapshot.truss)
        self._publish(snapshot)

    def changed(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            return
        if _could_be_config(snapshot) and not snapshot.is_config:
            (snapshot,) = self.documents.relocate([snapshot.uri])
            self._meet(snapshot.truss)
        self._publish(snapshot)

    def saved(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            return
        if snapshot.path is not None and (snapshot.truss or _could_be_config(snapshot)):
            self.touched([snapshot.path])
        if truss := snapshot.truss:
            self.saves.saved(truss)

    def closed(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None and not self.able.pull_diagnostics:
            self._publish_closed(snapshot.uri, snapshot.path)

    def touched(self, paths: Iterable[Path]) -> None:
        """Files changed on disk: what belongs where, what is valid, what is in sync may differ."""
        folders = {path.parent for path in paths if path.name == CONFIG_NAME}
        for folder in folders:
            self.trusses.forget(folder)
        self._configs.clear()
        trusses = {truss for path in paths if (truss := self.trusses.locate(path))}
        concerned = trusses | folders
        near = [doc.uri for doc in self.documents if doc.path and concerned & {*doc.path.parents}]
        for snapshot in self.documents.relocate(near):
            self._publish(snapshot)
        if near:
            self.client.refresh_diagnostics()
        for truss in trusses:
            self._look(truss)

    def read_text(self, path: Path) -> str | None:
        """A file's text as the editor has it, else as the disk has it."""
        if (snapshot := self.documents.at(path)) is not None:
            return snapshot.text
        try:
            return path.read_text("utf-8", "replace")
        except OSError:
            return None

    # Diagnostics

    def findings(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        """What validation says about a document: the config's own, or one that it names."""
        if snapshot.truss is None:
            return ()
        config = snapshot if snapshot.is_config else self._config(snapshot.truss)
        return diagnostics.findings_in(snapshot, config, self.documents.saved_text(snapshot))

    def problems(self, snapshot: Snapshot) -> tuple[Problem, ...]:
        failures = self.failures.at(snapshot.path) if snapshot.path else ()
        return diagnostics.problems(snapshot, self.findings(snapshot), failures)

    def show_problems(self, paths: Iterable[Path]) -> None:
        """Problems of files have changed without an edit."""
        paths = tuple(paths)
        if not paths:
            return
        if self.able.pull_diagnostics:
            self.client.refresh_diagnostics()
            return
        for path in paths:
            snapshot = self.documents.at(path)
            if snapshot is not None:
                self._publish(snapshot)
            else:
                self._publish_closed(uri_of(path), path)

    def _publish(self, snapshot: Snapshot) -> None:
        if self.able.pull_diagnostics:
            return
        problems = self.problems(snapshot)
        if problems or snapshot.truss or snapshot.uri in self._published:
            self._published.add(snapshot.uri)
            self.client.publish(snapshot.uri, snapshot.version, problems)
        if snapshot.is_config:
            self._publish_others(snapshot)

    def _publish_others(self, config: Snapshot) -> None:
        """The other files that the validation of a config speaks of, and those it spoke of."""
        truss = config.truss
        assert truss is not None, "a config of no Truss is not validated"
        named = {truss / finding.path for finding in config.findings if finding.path}
        spoken_of = self._spoken_of.get(truss, set())
        self._spoken_of[truss] = named
        self.show_problems(named | spoken_of)

    def _publish_closed(self, uri: str, path: Path | None) -> None:
        """A closed file keeps the failures of the model, and what its config's validation says."""
        text = self.read_text(path) if path else None
        truss = self.trusses.locate(path) if path and text is not None else None
        snapshot = Snapshot(uri, path, 0, text or "", self.able.encoding, truss)
        problems = () if snapshot.is_config else self.problems(snapshot)
        if problems or uri in self._published:
            self._published.add(uri)
            self.client.publish(uri, None, problems)

    def _config(self, truss: Path) -> Snapshot | None:
        """The config of a Truss as the editor has it, else as the disk has it."""
        path = truss / CONFIG_NAME
        if (snapshot := self.documents.at(path)) is not None:
            return snapshot
        if truss not in self._configs:
            text = self.read_text(path)
            if text is None:
                return None
            self._configs[truss] = Snapshot(uri_of(path), path, 0, text, self.able.encoding, truss)
        return self._configs[truss]

    # What runs

    def state_changed(self, truss: Path, state: State) -> None:
        self.client.notify(STATUS, self.status(truss))

    def status(self, truss: Path) -> Json:
        state = self.runtime.state(truss)
        return {
            "uri": uri_of(truss),
            "name": truss.name,
            "state": _SHOWN_AS.get(state.busy or "", state.state),
            "runtime": state.runtime,
            "hash": state.hash,
            "in_sync": state.in_sync,
            "message": state.message or state.busy or "",
        }

    def model_failed(self, truss: Path, error: Mapping[str, Any]) -> None:
        self.show_problems(self.failures.note(truss, error))

    def version_works(self, truss: Path, *, changed: bool = True) -> None:
        """The files on disk run; where they are not what ran before, predictions start afresh."""
        slots: tuple[Slot, ...] = ("version", "predict") if changed else ("version",)
        self.show_problems(self.failures.overcome(truss, *slots))

    def prediction_works(self, truss: Path) -> None:
        self.show_problems(self.failures.overcome(truss, "predict"))

    def _meet(self, truss: Path | None) -> None:
        """The first document of a Truss: see what runs, and hear of changes by other tools."""
        if truss is None or truss in self._watched:
            return
        self._watched.add(truss)
        if self.able.watch_files and self.able.relative_patterns:
            self.client.watch(f"truss-{truss}", [(uri_of(truss), "**/*")])
        self._look(truss)

    def _look(self, truss: Path) -> None:
        if self.trusted:
            self.runtime.look(truss)

    # Settings and trust

    async def settings(self, truss: Path) -> Settings:
        """The settings for one Truss: folders of a workspace may differ."""
        if not self.able.configuration:
            return self._settings
        if truss not in self._settings_of:
            sections = await self.client.configuration(SECTION, [uri_of(truss)])
            self._settings_of[truss] = Settings.parse(sections[0] if sections else None)
        return self._settings_of[truss]

    def settings_changed(self, pushed: object) -> None:
        """Clients that answer questions are asked anew when it matters; others push everything."""
        self._settings_of.clear()
        if isinstance(pushed, dict) and SECTION in pushed:
            self._settings = Settings.parse(pushed[SECTION])

    def trust(self) -> None:
        """The user trusts this workspace: from now on things may run."""
        self.trusted = True
        for truss in self._watched:
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
