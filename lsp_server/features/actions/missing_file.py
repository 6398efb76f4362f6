"""Creating a file that the config names and that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features.diagnostics import finding_problem
from lsp_server.features.links import link_at
from lsp_server.items import Action, NewFile
from lsp_server.kinds import QUICK_FIX
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lsp_server.features.surroundings import Surroundings
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View
    from truss_base.validation import Finding

CODE = "missing-file"
_MODEL = """\
class {name}:
    def __init__(self, **kwargs):
        self._secrets = kwargs["secrets"]

    def load(self):
        pass

    def predict(self, model_input):
        return model_input
"""


def missing_files(
    snapshot: Snapshot, findings: Sequence[Finding], around: Surroundings
) -> Iterator[Action]:
    """One action per missing file; none for folders, which only files can make."""
    for finding in findings:
        view = around.view() if finding.code == CODE else None
        target = _target(view, finding) if view is not None else None
        if view is None or target is None or not target.suffix:
            continue
        shown = target.relative_to(view.folder) if target.is_relative_to(view.folder) else target
        yield Action(
            title=f"Create {shown.as_posix()}",
            kind=QUICK_FIX,
            new_files=(NewFile(uri_of(target), _text(view, target)),),
            preferred=True,
            problems=(finding_problem(snapshot, finding),),
        )


def _target(view: View, finding: Finding) -> Path | None:
    """Where the named file belongs; a model that the config does not name has its usual place."""
    link = link_at(view, finding.start)
    return link.target if link is not None else view.model_path


def _text(view: View, target: Path) -> str:
    """A model that answers at once, or nothing."""
    is_model = target == view.model_path
    return _MODEL.format(name=view.settings.model_class_name) if is_model else ""
