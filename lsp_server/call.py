"""One call of a command: whose it is, what it was given, and where it reports to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsp_server.errors import BadArgument
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from pathlib import Path

    from lsp_server.items import Json
    from lsp_server.progress import Bar
    from lsp_server.session import Session
    from truss_handle.values import ProgressEvent


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command."""

    session: Session
    truss: Path
    argument: Json
    bar: Bar

    def progress(self, event: ProgressEvent) -> None:
        """Passed to operations: their steps show in the progress bar and in the status."""
        self.bar.report(event.message, event.percent)
        self.session.runtime.stage(self.truss, event.message)

    def text(self, key: str) -> str | None:
        value = self.argument.get(key)
        if value is not None and not isinstance(value, str):
            raise BadArgument(f"{key!r} has to be a string.")
        return value

    def texts(self, key: str) -> list[str] | None:
        value = self.argument.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise BadArgument(f"{key!r} has to be a list of strings.")
        return value

    def sender(self, notification: str) -> Callable[[str], None]:
        """Sends texts to the client, under the name that it gave them: its `stream`."""
        told = {"uri": uri_of(self.truss), "id": self.text("stream")}
        return lambda text: self.session.client.notify(notification, {**told, "text": text})


Run = Callable[[Call], Awaitable["Json"]]
