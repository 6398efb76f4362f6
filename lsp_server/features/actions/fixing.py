"""Fixes of findings, one by one, and the safe ones all at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsp_server.features.diagnostics import finding_problem
from lsp_server.items import Action, FileEdit, TextEdit
from lsp_server.kinds import FIX_ALL, QUICK_FIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsp_server.features.surroundings import Surroundings
    from lsp_server.snapshot import Snapshot
    from truss_base.validation import Edit, Finding, Fix

# What such a finding's preferred fix writes is what the author meant, in the right form.
SAFE = frozenset({"coerced", "deprecated", "duplicate-key", "format", "syntax", "type"})
# Of these only a fix that spells the same word in another way: `h100`, `3.11`, `model-name`.
RESPELT = frozenset({"unknown-key", "value"})
_SAYS_NOTHING = re.compile(r"^'?\"?(?:py(?:thon)?)?|[^a-z0-9]")


def fixes(
    snapshot: Snapshot, findings: Sequence[Finding], around: Surroundings
) -> Iterator[Action]:
    """Every fix of the findings, also one that changes another file of the Truss."""
    for finding in findings:
        for fix in finding.fixes:
            target = snapshot if fix.path is None else _file(fix.path, around)
            if target is not None:
                yield Action(
                    title=fix.title,
                    kind=QUICK_FIX,
                    edits=(file_edit(target, fix.edits),),
                    preferred=fix.preferred,
                    problems=(finding_problem(snapshot, finding),),
                )


def fix_all(snapshot: Snapshot, findings: Sequence[Finding]) -> Iterator[Action]:
    """One action for everything that needs no thought; of two that overlap, the first."""
    edits: list[Edit] = []
    for finding in findings:
        fix = _sure(snapshot.text, finding)
        if fix is not None and not any(_overlap(one, two) for one in edits for two in fix.edits):
            edits += fix.edits
    if edits:
        yield Action(
            title="Fix all safe problems of this file",
            kind=FIX_ALL,
            edits=(file_edit(snapshot, tuple(edits)),),
        )


def _sure(text: str, finding: Finding) -> Fix | None:
    """The fix of a finding that leaves no choice."""
    preferred = [fix for fix in finding.fixes if fix.path is None and fix.preferred]
    if len(preferred) != 1:
        return None
    fix = preferred[0]
    respelt = finding.code in RESPELT and all(
        _word(text[edit.start : edit.end]) == _word(edit.replacement) for edit in fix.edits
    )
    return fix if respelt or finding.code in SAFE else None


def _word(written: str) -> str:
    """What is left of a name or version without case, quotes and signs."""
    return _SAYS_NOTHING.sub("", written.lower())


def _overlap(one: Edit, two: Edit) -> bool:
    return one.start <= two.end and two.start <= one.end


def file_edit(target: Snapshot, edits: Sequence[Edit]) -> FileEdit:
    """Edits by characters as edits of a document."""
    changed = (TextEdit(target.range(one.start, one.end), one.replacement) for one in edits)
    # A file that is not open has no version that the client could compare.
    return FileEdit(target.uri, target.version or None, tuple(changed))


def _file(path: str, around: Surroundings) -> Snapshot | None:
    view = around.view()
    files = view.files if view is not None else ()
    return next((one for one in files if view and one.path == view.folder / path), None)
