"""The settings of each Truss: folders of a workspace may differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.settings import SECTION, Settings
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from pathlib import Path

    from lsp_server.client import Abilities, Client


class Preferences:
    """Clients that answer questions are asked once until something changes; others push everything.

    `given` is what the client has said at the start.
    """

    def __init__(self, client: Client, able: Abilities, given: object) -> None:
        self._client = client
        self._able = able
        self._pushed = Settings.parse(given)
        self._answered: dict[Path, Settings] = {}

    async def of(self, truss: Path) -> Settings:
        """The settings for one Truss."""
        if not self._able.configuration:
            return self._pushed
        if truss not in self._answered:
            sections = await self._client.configuration(SECTION, [uri_of(truss)])
            self._answered[truss] = Settings.parse(sections[0] if sections else None)
        return self._answered[truss]

    def changed(self, pushed: object) -> None:
        """They may be others now; `pushed` is what the client has sent along."""
        self._answered.clear()
        if isinstance(pushed, dict) and SECTION in pushed:
            self._pushed = Settings.parse(pushed[SECTION])
