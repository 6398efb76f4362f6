"""What the editor is told of what runs: its state, what fails in it, and the end of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lsp_server.client import Abilities, Client
    from lsp_server.documents import Documents
    from lsp_server.failures import Failures, Slot
    from lsp_server.items import Json
    from lsp_server.problems import Problems
    from lsp_server.state import State

STATUS = "truss/status"
_SHOWN_AS = {"starting": "starting", "rebuilding": "starting", "patching": "patching"}


def status_of(truss: Path, state: State) -> Json:
    """The state of a Truss as clients take it."""
    return {
        "uri": uri_of(truss),
        "name": truss.name,
        "state": _SHOWN_AS.get(state.busy or "", state.state),
        "runtime": state.runtime,
        "hash": state.hash,
        "in_sync": state.in_sync,
        "message": state.message or state.busy or state.setback,
    }


class Reports:
    """Listens to the runtime, and tells a client nothing twice."""

    def __init__(
        self,
        client: Client,
        able: Abilities,
        documents: Documents,
        failures: Failures,
        problems: Problems,
    ) -> None:
        self._client = client
        self._able = able
        self._documents = documents
        self._failures = failures
        self._problems = problems
        self._told: dict[Path, Json] = {}

    def state_changed(self, truss: Path, state: State) -> None:
        told = status_of(truss, state)
        if self._told.get(truss) != told:
            self._told[truss] = told
            self._client.notify(STATUS, told)
        self._client.refresh_lenses()
        self._client.refresh_hints()

    def model_failed(self, truss: Path, error: Mapping[str, Any]) -> None:
        changed = self._failures.note(truss, error)
        self._problems.show(changed)
        self._say_what_is_not_seen(truss, changed)

    def version_works(self, truss: Path, *, changed: bool = True) -> None:
        """The files on disk run; where they are not what ran before, predictions start afresh."""
        slots: tuple[Slot, ...] = ("version", "predict") if changed else ("version",)
        self._problems.show(self._failures.overcome(truss, *slots))

    def prediction_works(self, truss: Path) -> None:
        self._problems.show(self._failures.overcome(truss, "predict"))

    def _say_what_is_not_seen(self, truss: Path, changed: Iterable[Path]) -> None:
        """A client that pulls asks for open files only: a failure in another is said once."""
        if not self._able.pull_diagnostics:
            return
        for path in changed:
            if self._documents.at(path) is None:
                for failure in self._failures.at(path):
                    self._client.show("warning", failure.sentence(truss))
