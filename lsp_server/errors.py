"""What a command answers when it could not do its work.

CommandError              base: something to tell the user, in one line
├── BadArgument           the command's argument is not what it takes
├── NoTruss               the URI names no Truss
├── Untrusted             the workspace is not trusted: nothing may run
├── Superseded            another command took over (a stop during a start)
└── CannotRename          no name stands there, or the new one would not do
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsp_server.text import one_line

if TYPE_CHECKING:
    from lsp_server.items import Json

logger = logging.getLogger(__name__)


class CommandError(Exception):
    """Base of what commands raise on purpose; ``hint`` says what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadArgument(CommandError):
    """The command's argument is not what it takes."""


class NoTruss(CommandError):
    """The URI names no Truss."""


class Untrusted(CommandError):
    """The workspace is not trusted."""

    def __init__(self) -> None:
        super().__init__(
            "This workspace is not trusted: its Truss is checked, but nothing is run.",
            hint="Trust the workspace to start, patch or ask the container.",
        )


class Superseded(CommandError):
    """Another command took over."""


class CannotRename(CommandError):
    """No name stands there, or the new one would not do."""


def failure(error: Exception) -> Json:
    """The answer ``{"ok": false, "error": {...}}``. What nobody expected is logged as well."""
    described: Json = {
        "type": type(error).__name__,
        "message": one_line(str(error)) or type(error).__name__,
        "hint": getattr(error, "hint", ""),
    }
    for extra in ("model_error", "reasons", "key"):
        value = getattr(error, extra, None)
        if value:
            described[extra] = value
    if not _expected(error):
        logger.error("Unexpected failure", exc_info=error)
    return {"ok": False, "error": described}


def _expected(error: Exception) -> bool:
    from truss_base.exceptions import TrussBaseError
    from truss_handle.exceptions import HandleError

    return isinstance(error, (CommandError, HandleError, TrussBaseError))
