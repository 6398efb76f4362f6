"""The quick fix that makes a Truss patchable: `use_control_plane: true` in its config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.items import Action, FileEdit, TextEdit
from truss_base.document import Mapping, Scalar, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.snapshot import Snapshot

KEY, SYNONYM = "use_control_plane", "live_reload"
TRUE = {"true", "yes", "on"}


def control_fix(snapshot: Snapshot, kind: str) -> Iterator[Action]:
    """One action, or none where the key is there, or where the config is no block of keys."""
    root = snapshot.document.root if snapshot.is_config else None
    mapping = resolve(root) if root is not None else None
    if not isinstance(mapping, Mapping) or mapping.flow or not mapping.entries:
        return
    written = {
        entry.key.text: entry.value for entry in mapping.entries if isinstance(entry.key, Scalar)
    }
    if any(_is_true(written.get(name)) for name in (KEY, SYNONYM)):
        return
    value = written.get(KEY)
    if value is None:
        yield _action(snapshot, kind, f"Add `{KEY}: true`", _append(snapshot, mapping))
    elif isinstance(value, Scalar):
        new = "true" if value.start < value.end else " true"
        edit = TextEdit(snapshot.range(value.start, value.end), new)
        yield _action(snapshot, kind, f"Set `{KEY}: true`", edit)


def _is_true(value: object) -> bool:
    return isinstance(value, Scalar) and value.is_plain and value.text.lower() in TRUE


def _append(snapshot: Snapshot, mapping: Mapping) -> TextEdit:
    """A line of its own below the last one, indented like the first."""
    lines = snapshot.lines
    first_line, _ = lines.span(lines.line_at(mapping.start))
    indent = snapshot.text[first_line : mapping.start]
    _, end = lines.span(lines.line_at(max(mapping.start, mapping.end - 1)))
    newline = "\r\n" if "\r\n" in snapshot.text else "\n"
    return TextEdit(snapshot.range(end, end), f"{newline}{indent}{KEY}: true")


def _action(snapshot: Snapshot, kind: str, title: str, edit: TextEdit) -> Action:
    return Action(title=title, kind=kind, edit=FileEdit(snapshot.uri, snapshot.version, (edit,)))
