"""Plans for people to read: by the client's own command, as a document, else as a message."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from typing import TYPE_CHECKING

from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from pathlib import Path

    from lsp_server.client import Abilities, Client

logger = logging.getLogger(__name__)
SHOW_PLAN = "truss/showPlan"


class Plans:
    """One page per Truss in `folder`, each plan in the place of the one before.

    `has_commands`: the client shows plans with a command of its own.
    """

    def __init__(
        self, client: Client, able: Abilities, folder: Path, *, has_commands: bool
    ) -> None:
        self._client = client
        self._able = able
        self._folder = folder
        self._has_commands = has_commands

    async def show(self, truss: Path, markdown: str) -> None:
        """Shows a plan that the user has asked for, in whichever way there is."""
        if self._has_commands:
            told = {"uri": uri_of(truss), "name": truss.name, "markdown": markdown}
            self._client.notify(SHOW_PLAN, told)
        elif not await self._open(truss, markdown):
            self._client.show("information", markdown)

    async def answered(self, truss: Path, markdown: str) -> bool:
        """Whether the answer to `truss.showPlan` shows as a document, too: not where the client's
        own command has asked for it."""
        return not self._has_commands and await self._open(truss, markdown)

    async def _open(self, truss: Path, markdown: str) -> bool:
        """Whether the client has opened the plan as a document."""
        if not self._able.opens_documents:
            return False
        try:
            page = await asyncio.to_thread(self._write, truss, markdown)
        except OSError as error:
            logger.warning("The plan cannot be written: %s", error)
            return False
        return await self._client.open_document(uri_of(page))

    def _write(self, truss: Path, markdown: str) -> Path:
        from truss_handle.files import write_atomic

        digest = hashlib.sha256(os.fsencode(truss)).hexdigest()
        page = self._folder / f"{truss.name}-{digest[:12]}.md"
        write_atomic(page, markdown)
        return page
