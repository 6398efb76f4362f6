"""The findings of `validate`, placed for people: one-based lines and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.document import LineIndex
from truss_base.exceptions import ConfigError, IgnoreError, PathError
from truss_base.loading import decoded
from truss_base.tree import CONFIG_FILE, check_places, truss_root
from truss_base.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from truss_base.validation import Finding


def check(path: Path) -> list[dict[str, Any]]:
    """Findings for a Truss's folder, or for a config file, in the order of the text.

    Raises NotATruss for a folder without a config.
    """
    file = path if path.is_file() else truss_root(path) / CONFIG_FILE
    try:
        text = decoded(file.read_bytes())
    except ConfigError as error:
        return [_at(file, 1, 1, "encoding", "error", str(error))]
    lines: dict[str | None, LineIndex] = {None: LineIndex(text)}
    found = [_placed(file, lines, finding) for finding in validate(text, file.parent)]
    return found if path == file else [*found, *_misplaced(file.parent)]


def _misplaced(truss_dir: Path) -> Iterator[dict[str, Any]]:
    """The first name that keeps the folder from being a Truss: no hash, no plan, no start."""
    try:
        check_places(truss_dir)
    except (PathError, IgnoreError) as error:
        yield _at(truss_dir, 1, 1, "tree", "error", str(error))


def _placed(file: Path, lines: dict[str | None, LineIndex], finding: Finding) -> dict[str, Any]:
    path = finding.path
    if path not in lines:
        lines[path] = LineIndex(_other_text(file.parent / str(path)))
    # Characters, as people and terminals count columns; not the UTF-16 units of editors.
    line, column = lines[path].position(finding.start, "utf-32")
    end_line, end_column = lines[path].position(finding.end, "utf-32")
    place = file if path is None else file.parent / path
    return {
        **_at(place, line + 1, column + 1, finding.code, finding.severity, finding.message),
        "end_line": end_line + 1,
        "end_column": end_column + 1,
        "fixes": [fix.title for fix in finding.fixes],
    }


def _other_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # missing: that is what the finding is about


def _at(
    file: Path, line: int, column: int, code: str, severity: str, message: str
) -> dict[str, Any]:
    return {
        "path": str(file),
        "line": line,
        "column": column,
        "code": code,
        "severity": severity,
        "message": message,
    }
