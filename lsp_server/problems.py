"""The problems of every document: gathered, published where a client waits, kept current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features import diagnostics
from lsp_server.snapshot import CONFIG_NAME, Snapshot
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lsp_server.client import Abilities, Client
    from lsp_server.documents import Documents
    from lsp_server.failures import Failures
    from lsp_server.items import Problem
    from lsp_server.pages import Pages
    from lsp_server.workspace import Trusses
    from truss_base.validation import Finding


class Problems:
    """What the config's validation and the container's failures say, document by document."""

    def __init__(
        self,
        client: Client,
        able: Abilities,
        documents: Documents,
        trusses: Trusses,
        failures: Failures,
        pages: Pages,
        *,
        beside_another: bool = False,
    ) -> None:
        self._client = client
        self._able = able
        self._documents = documents
        self._trusses = trusses
        self._failures = failures
        self._pages = pages
        self._beside_another = beside_another
        self._published: set[str] = set()
        self._configs: dict[Path, Snapshot] = {}
        self._spoken_of: dict[Path, set[Path]] = {}

    def findings(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        """What validation says about a document: the config's own, or one that it names."""
        if snapshot.truss is None:
            return ()
        config = snapshot if snapshot.is_config else self._config(snapshot.truss)
        if config is not None and not snapshot.is_config:
            as_typed = diagnostics.findings_as_typed(snapshot, config)
            if as_typed is not None:
                return as_typed
        return diagnostics.findings_in(snapshot, config, self._documents.saved_text(snapshot))

    def of(self, snapshot: Snapshot) -> tuple[Problem, ...]:
        return self._of(snapshot, self.findings(snapshot))

    def _of(self, snapshot: Snapshot, findings: Sequence[Finding]) -> tuple[Problem, ...]:
        failures = self._failures.at(snapshot.path) if snapshot.path else ()
        if self._beside_another:
            findings = [one for one in findings if not diagnostics.any_server_says(snapshot, one)]
        return diagnostics.problems(snapshot, findings, failures, self._pages.of_code)

    def show(self, paths: Iterable[Path]) -> None:
        """Problems of files have changed without an edit."""
        paths = tuple(paths)
        if not paths:
            return
        if self._able.pull_diagnostics:
            self._client.refresh_diagnostics()
            return
        for path in paths:
            snapshot = self._documents.at(path)
            if snapshot is not None:
                self.publish(snapshot)
            else:
                self._publish_closed(uri_of(path), path)

    def publish(self, snapshot: Snapshot) -> None:
        if self._able.pull_diagnostics:
            return
        problems = self.of(snapshot)
        if problems or snapshot.truss or snapshot.uri in self._published:
            self._published.add(snapshot.uri)
            self._client.publish(snapshot.uri, snapshot.version, problems)
        if snapshot.is_config:
            self._publish_others(snapshot)

    def closed(self, snapshot: Snapshot) -> None:
        """A closed document keeps only what would be shown without an editor."""
        if not self._able.pull_diagnostics:
            self._publish_closed(snapshot.uri, snapshot.path)

    def forget(self) -> None:
        """Files changed on disk: configs that are not open will be read again."""
        self._configs.clear()

    def _publish_others(self, config: Snapshot) -> None:
        """The other files that the validation of a config speaks of, and those it spoke of."""
        truss = config.truss
        assert truss is not None, "a config of no Truss is not validated"
        named = {truss / finding.path for finding in config.findings if finding.path}
        spoken_of = self._spoken_of.get(truss, set())
        self._spoken_of[truss] = named
        self.show(named | spoken_of)

    def _publish_closed(self, uri: str, path: Path | None) -> None:
        """A closed file keeps the failures of the model, and what its config's validation says; of
        a closed config itself nothing is validated."""
        text = self._documents.read_text(path) if path else None
        truss = self._trusses.locate(path) if path and text is not None else None
        snapshot = Snapshot(uri, path, 0, text or "", self._able.encoding, truss)
        problems = self._of(snapshot, ()) if snapshot.is_config else self.of(snapshot)
        if problems or uri in self._published:
            self._published.add(uri)
            self._client.publish(uri, None, problems)

    def _config(self, truss: Path) -> Snapshot | None:
        """The config of a Truss as the editor has it, else as the disk has it."""
        path = truss / CONFIG_NAME
        if (snapshot := self._documents.at(path)) is not None:
            return snapshot
        if truss not in self._configs:
            text = self._documents.read_text(path)
            if text is None:
                return None
            self._configs[truss] = Snapshot(uri_of(path), path, 0, text, self._able.encoding, truss)
        return self._configs[truss]
