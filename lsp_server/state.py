"""What is known of one Truss's container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lsp_server.text import one_line

if TYPE_CHECKING:
    from truss_handle.values import RunningStatus


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one Truss's container.

    ``busy`` names the operation under way, ``message`` its step; ``setback`` says in a line why the
    newest version is not the one that runs.
    """

    state: str = "stopped"
    runtime: str | None = None
    hash: str | None = None
    local_hash: str | None = None
    in_sync: bool | None = None
    control: bool = False
    message: str = ""
    busy: str | None = None
    plan: Mapping[str, Any] | None = None
    load_seconds: float | None = None
    predict_ms: float | None = None
    memory_mb: float | None = None
    setback: str = ""

    @property
    def running(self) -> bool:
        return self.state != "stopped"

    @property
    def needs_rebuild(self) -> bool:
        return self.plan is not None and self.plan.get("strategy") == "S4"


def with_account(known: State, status: RunningStatus) -> State:
    """What a server says of itself, whatever is on disk."""
    # Imported here, when a container has told something: before that its verbs were imported.
    from truss_handle.setbacks import setback

    return replace(
        known,
        state=status.state,
        runtime=status.runtime,
        control=status.control,
        load_seconds=status.load_seconds,
        memory_mb=_rounded(status.memory_mb.get("inference")),
        setback=one_line(setback(status) or ""),
    )


def _rounded(megabytes: float | None) -> float | None:
    """In steps that are worth showing: memory moves all the time."""
    return round(megabytes, -1) if megabytes is not None else None
