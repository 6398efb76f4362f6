"""Plain types to and from LSP. Besides `server.py`, only this package knows lsprotocol."""

from lsp_server.protocol.capabilities import abilities
from lsp_server.protocol.connection import LspClient
from lsp_server.protocol.convert import (
    from_change,
    from_position,
    from_range,
    to_action,
    to_completion,
    to_diagnostic,
    to_hover,
    to_report,
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
    "to_hover",
    "to_report",
]
