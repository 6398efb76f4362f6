"""Everything on offer at a range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features.actions.container import of_container
from lsp_server.features.actions.control_key import control_fix
from lsp_server.features.actions.fixing import fix_all, fixes
from lsp_server.features.actions.missing_file import missing_files
from lsp_server.features.actions.requirements import refactorings
from lsp_server.features.actions.suppressing import suppressions
from lsp_server.kinds import QUICK_FIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsp_server.features.actions.container import Container
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.items import Action, Range
    from lsp_server.snapshot import Snapshot
    from truss_base.validation import Finding


def actions(
    snapshot: Snapshot,
    findings: Sequence[Finding],
    span: Range,
    only: Sequence[str],
    container: Container,
    around: Surroundings,
) -> tuple[Action, ...]:
    """Best first; ``only`` limits it to kinds and what is below them."""
    if snapshot.truss is None:
        return ()
    offered = _offered(snapshot, findings, span, container, around)
    return tuple(action for action in offered if _wanted(action.kind, only))


def _offered(
    snapshot: Snapshot,
    findings: Sequence[Finding],
    span: Range,
    container: Container,
    around: Surroundings,
) -> Iterator[Action]:
    here = [one for one in findings if snapshot.range(one.start, one.end).touches(span)]
    yield from fixes(snapshot, here, around)
    yield from missing_files(snapshot, here, around)
    yield from control_fix(snapshot, QUICK_FIX)
    yield from suppressions(snapshot, here)
    yield from refactorings(snapshot, span, around)
    yield from fix_all(snapshot, findings)
    yield from of_container(snapshot, container)


def _wanted(kind: str, only: Sequence[str]) -> bool:
    """An action for a whole file runs on saves: it is given to those who ask for its kind."""
    if not only:
        return not kind.startswith("source.")
    return any(kind == other or kind.startswith(f"{other}.") for other in only)
