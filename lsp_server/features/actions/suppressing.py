"""Comments that hide a finding, where they change nothing else."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from lsp_server.features.actions.fixing import file_edit
from lsp_server.features.diagnostics import finding_problem
from lsp_server.features.python_names import parsed
from lsp_server.items import Action
from lsp_server.kinds import QUICK_FIX
from truss_base.validation import Edit
from truss_base.validation.rewriting import edited, leads_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsp_server.snapshot import Snapshot
    from truss_base.validation import Finding

_PRESENT = re.compile(r"# truss: ignore\[(?P<codes>[^\]]*)(?P<close>\])\s*$")
_CANNOT = frozenset({"syntax", "too-large", "model-syntax"})


def suppressions(snapshot: Snapshot, findings: Sequence[Finding]) -> Iterator[Action]:
    """One action per code, for the line that the finding is on."""
    for finding in {one.code: one for one in findings if one.code not in _CANNOT}.values():
        edit = _edit(snapshot, finding)
        if _changes_nothing_else(snapshot, edit):
            yield Action(
                title=f"Ignore `{finding.code}` on this line",
                kind=QUICK_FIX,
                edits=(file_edit(snapshot, (edit,)),),
                problems=(finding_problem(snapshot, finding),),
            )


def _edit(snapshot: Snapshot, finding: Finding) -> Edit:
    """Behind the line, in the brackets that are there, or above where another comment is."""
    number = snapshot.lines.line_at(finding.start)
    start, end = snapshot.lines.span(number)
    line = snapshot.text[start:end]
    if present := _PRESENT.search(line):
        return Edit(
            start + present.start("close"), start + present.start("close"), f", {finding.code}"
        )
    comment = f"# truss: ignore[{finding.code}]"
    if " #" in line:
        indent = line[: len(line) - len(line.lstrip())]
        return Edit(start, start, f"{indent}{comment}{snapshot.lines.newline}")
    kept = len(line.rstrip())
    return Edit(start + kept, start + kept, f"  {comment}")


def _changes_nothing_else(snapshot: Snapshot, edit: Edit) -> bool:
    """In a text of several lines a comment would become a part of it."""
    if snapshot.is_config:
        return leads_to(snapshot.document, (edit,), snapshot.document.data)
    if snapshot.path is None or snapshot.path.suffix != ".py":
        return True
    before, after = parsed(snapshot.text), parsed(edited(snapshot.text, (edit,)))
    return before is not None and after is not None and ast.dump(before) == ast.dump(after)
