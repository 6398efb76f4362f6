"""Plain types to and from LSP. Besides `server.py`, only this package knows lsprotocol."""

from lsp_server.protocol.capabilities import abilities
from lsp_server.protocol.completion import to_completion, to_documentation, was_asked
from lsp_server.protocol.connection import LspClient
from lsp_server.protocol.convert import (
    from_change,
    from_position,
    from_range,
    to_action,
    to_diagnostic,
    to_hover,
    to_location,
    to_range,
    to_report,
    to_workspace_edit,
)
from lsp_server.protocol.structure import (
    to_fold,
    to_highlight,
    to_hint,
    to_lens,
    to_selection,
    to_symbols,
)

__all__ = [
    "LspClient",
    "abilities",
    "from_change",
    "from_position",
    "from_range",
    "to_action",
    "to_completion",
    "to_diagnostic",
    "to_documentation",
    "to_fold",
    "to_highlight",
    "to_hint",
    "to_hover",
    "to_lens",
    "to_location",
    "to_range",
    "to_report",
    "to_selection",
    "to_symbols",
    "to_workspace_edit",
    "was_asked",
]
