"""What can be done with the running container, and why not where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsp_server.items import Action, Json
from lsp_server.kinds import PATCH, REBUILD
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.snapshot import Snapshot
    from lsp_server.state import State


@dataclass(frozen=True, slots=True)
class Container:
    """What actions need to know of the Truss beyond the document."""

    state: State
    trusted: bool
    unsaved: bool


def of_container(snapshot: Snapshot, container: Container) -> Iterator[Action]:
    rebuild = container.state.needs_rebuild
    yield _command(snapshot, "Patch running container", PATCH, "patch", no_patch(container))
    yield _command(
        snapshot,
        "Rebuild and restart",
        REBUILD,
        "rebuild",
        no_container(container) or (None if rebuild else "Nothing needs a rebuild."),
    )


def no_container(container: Container) -> str | None:
    """Why nothing can be done with the container now; None where something can."""
    if not container.trusted:
        return "This workspace is not trusted: nothing is run."
    if not container.state.running:
        return "No container runs for this Truss."
    if container.state.busy:
        return f"The container is busy: {container.state.busy}."
    return None


def no_patch(container: Container) -> str | None:
    """Why a patch is not possible, or not worth it, now; None where it is."""
    state = container.state
    if reason := no_container(container):
        return reason
    if not state.control:
        return "Its config lacks `use_control_plane: true`: the container takes no patches."
    if state.needs_rebuild:
        return f"Needs a rebuild: {_reasons(state)}."
    if state.in_sync and not container.unsaved:
        return "The container already runs this version."
    return None


def _reasons(state: State) -> str:
    reasons = (state.plan or {}).get("reasons") or ()
    return "; ".join(str(one["reason"]) for one in reasons if one.get("strategy") == "S4")


def _command(snapshot: Snapshot, title: str, kind: str, verb: str, disabled: str | None) -> Action:
    argument: Json = {"uri": uri_of(snapshot.truss)} if snapshot.truss else {}
    return Action(
        title=title,
        kind=kind,
        command=f"truss.{verb}Container",
        argument=argument,
        disabled=disabled,
    )
