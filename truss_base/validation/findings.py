"""What validation yields: plain values that an editor, a command line and a test can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truss_base.config.faults import Severity


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a finding, in the same text. Character indexes."""

    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` becomes `replacement`; an insertion where both are equal."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a finding; `preferred` when there is hardly another choice.

    `path` names the file of the edits, relative to the Truss, where it is not the finding's own.
    """

    title: str
    edits: tuple[Edit, ...]
    preferred: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at `text[start:end]`, in character indexes.

    severity: "error" when the loader refuses the config, "warning" when it is accepted but surely
    not meant or refused by a push, "hint" when it is deprecated or there is a better form.
    `path` names the file where the finding is not in the config, relative to the Truss: the
    indexes are then those of that file's text. `tags` holds "deprecated" and "unnecessary".
    """

    start: int
    end: int
    code: str
    severity: Severity
    message: str
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()
    path: str | None = None
    tags: tuple[str, ...] = ()
