"""Hover: what a key is for, on the key and on its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features.reference import describe
from lsp_server.items import Hover
from truss_base.document import Alias, Scalar

if TYPE_CHECKING:
    from lsp_server.items import Position
    from lsp_server.snapshot import Snapshot


def hover(snapshot: Snapshot, position: Position) -> Hover | None:
    """None outside a Truss's config, between its keys, and on keys of the user's own."""
    if not snapshot.is_config:
        return None
    document = snapshot.document
    path, node = document.path_at(snapshot.index(position))
    if not isinstance(node, (Scalar, Alias)):
        return None
    from truss_base.config import lookup

    field = lookup(path, document.data)
    if field is None:
        return None
    return Hover(snapshot.range(node.start, node.end), describe(path, field))
