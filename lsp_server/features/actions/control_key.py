"""The quick fix that makes a Truss patchable: `use_control_plane: true` in its config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features.new_key import appended, root_block
from lsp_server.items import Action, FileEdit, TextEdit
from truss_base.document import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.snapshot import Snapshot

KEY, SYNONYM = "use_control_plane", "live_reload"
TRUE = {"true", "yes", "on"}


def control_fix(snapshot: Snapshot, kind: str) -> Iterator[Action]:
    """One action, or none where the key is there, or where the config is no block of keys."""
    mapping = root_block(snapshot) if snapshot.is_config else None
    if mapping is None:
        return
    written = {
        entry.key.text: entry.value for entry in mapping.entries if isinstance(entry.key, Scalar)
    }
    if any(_is_true(written.get(name)) for name in (KEY, SYNONYM)):
        return
    value = written.get(KEY)
    if value is None:
        yield _action(
            snapshot, kind, f"Add `{KEY}: true`", appended(snapshot, mapping, f"{KEY}: true")
        )
    elif isinstance(value, Scalar):
        new = "true" if value.start < value.end else " true"
        edit = TextEdit(snapshot.range(value.start, value.end), new)
        yield _action(snapshot, kind, f"Set `{KEY}: true`", edit)


def _is_true(value: object) -> bool:
    return isinstance(value, Scalar) and value.is_plain and value.text.lower() in TRUE


def _action(snapshot: Snapshot, kind: str, title: str, edit: TextEdit) -> Action:
    return Action(
        title=title, kind=kind, edits=(FileEdit(snapshot.uri, snapshot.version, (edit,)),)
    )
