"""Code actions: fixes of findings, and what can be done with the running container."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsp_server.features.control_key import control_fix
from lsp_server.features.diagnostics import finding_problem
from lsp_server.items import Action, FileEdit, Json, Range, TextEdit
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsp_server.runtime import State
    from lsp_server.snapshot import Snapshot
    from truss_base.validation import Finding, Fix

QUICK_FIX = "quickfix"
PATCH = "controlTruss.patch"
REBUILD = "controlTruss.rebuild"
KINDS = (QUICK_FIX, PATCH, REBUILD)


@dataclass(frozen=True, slots=True)
class Container:
    """What actions need to know of the Truss beyond the document."""

    state: State
    trusted: bool
    unsaved: bool


def actions(
    snapshot: Snapshot,
    findings: Iterable[Finding],
    span: Range,
    only: Sequence[str],
    container: Container,
) -> tuple[Action, ...]:
    """Everything on offer at a range; ``only`` limits it to kinds and what is below them."""
    if snapshot.truss is None:
        return ()
    offered = (
        *fixes(snapshot, findings, span),
        *control_fix(snapshot, QUICK_FIX),
        *of_container(snapshot, container),
    )
    return tuple(action for action in offered if not only or _wanted(action.kind, only))


def _wanted(kind: str, only: Iterable[str]) -> bool:
    return any(kind == other or kind.startswith(f"{other}.") for other in only)


def fixes(snapshot: Snapshot, findings: Iterable[Finding], span: Range) -> Iterator[Action]:
    for finding in findings:
        if snapshot.range(finding.start, finding.end).touches(span):
            # One in another file needs that file's text, which is not at hand here.
            here = (fix for fix in finding.fixes if fix.path is None)
            yield from (_fix(snapshot, finding, fix) for fix in here)


def _fix(snapshot: Snapshot, finding: Finding, fix: Fix) -> Action:
    edits = tuple(
        TextEdit(snapshot.range(edit.start, edit.end), edit.replacement) for edit in fix.edits
    )
    return Action(
        title=fix.title,
        kind=QUICK_FIX,
        edit=FileEdit(snapshot.uri, snapshot.version, edits),
        preferred=fix.preferred,
        problems=(finding_problem(snapshot, finding),),
    )


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
