"""Patch on save: the newest save wins, also over a patch that still loads."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from lsp_server.commands import PATCHING, execute
from lsp_server.text import one_line
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from pathlib import Path

    from lsp_server.items import Json
    from lsp_server.session import Session
    from lsp_server.settings import PatchOnSave

logger = logging.getLogger(__name__)
ONCE, ALWAYS, NEVER = "Patch", "Always", "Never"
REBUILD, LATER = "Rebuild and restart", "Not now"


class Saves:
    """What saves lead to. One that comes during a patch ends it: a mistake whose `load` hangs must
    not hold up its correction. Those that come together are worth one patch, not many.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._wanted: set[Path] = set()
        self._working: dict[Path, asyncio.Task[None]] = {}
        self._answers: dict[Path, PatchOnSave] = {}
        self._offers: set[asyncio.Task[None]] = set()
        self._patching: set[Path] = set()

    def saved(self, truss: Path) -> None:
        if not self._session.trusted:
            return
        self._wanted.add(truss)
        runtime = self._session.runtime
        # Only a patch of ours, and only once its turn has come: never a start or a rebuild.
        if truss in self._patching and runtime.state(truss).busy == PATCHING:
            runtime.supersede(truss)
        if truss not in self._working:
            task = asyncio.create_task(self._work(truss))
            self._working[truss] = task
            task.add_done_callback(lambda _: self._working.pop(truss, None))

    async def _work(self, truss: Path) -> None:
        while truss in self._wanted:
            self._wanted.discard(truss)
            try:
                await self._follow(truss)
            except Exception as error:  # one save must not spoil the next
                logger.error("After a save: %s", one_line(f"{type(error).__name__}: {error}"))

    async def _follow(self, truss: Path) -> None:
        session = self._session
        mode = await self._mode(truss)
        if not (mode == "on" and session.runtime.state(truss).running):
            await asyncio.wait([session.runtime.look(truss)])
        state = session.runtime.state(truss)
        if not state.running or not state.control or mode == "off":
            return
        if mode == "ask" and (state.in_sync is not False or not await self._agreed(truss)):
            return
        self._patching.add(truss)
        try:
            answer = await execute(session, "truss.patchContainer", {"uri": uri_of(truss)})
        finally:
            self._patching.discard(truss)
        if not answer["ok"]:
            # Neither the next save nor the next prediction waits for the user's word on this one.
            offer = asyncio.create_task(self._refused(truss, answer["error"]))
            self._offers.add(offer)
            offer.add_done_callback(self._offers.discard)

    async def settled(self, truss: Path) -> None:
        """Waits for the patch that a save has led to: what is asked next meets the new code.

        Not for one that still needs the user's word.
        """
        work = self._working.get(truss)
        if work is not None and await self._mode(truss) == "on":
            await asyncio.wait([work])

    async def _mode(self, truss: Path) -> PatchOnSave:
        return self._answers.get(truss) or (await self._session.settings(truss)).patch_on_save

    async def _agreed(self, truss: Path) -> bool:
        if self._session.runtime.state(truss).needs_rebuild:
            return True  # patching says why it cannot, and offers what can
        question = f"{truss.name} has changed. Patch the running container?"
        answer = await self._session.client.choose(question, [ONCE, ALWAYS, NEVER])
        if answer == ALWAYS:
            self._answers[truss] = "on"
        elif answer == NEVER:
            self._answers[truss] = "off"
        return answer in (ONCE, ALWAYS)

    async def _refused(self, truss: Path, error: Json) -> None:
        """A failure of the user's code shows at its line; anything else is said once."""
        if error["type"] == "RebuildNeeded":
            if await self._session.client.choose(error["message"], [REBUILD, LATER]) == REBUILD:
                await execute(self._session, "truss.rebuildContainer", {"uri": uri_of(truss)})
        elif not error.get("model_error") and error["type"] != "Superseded":
            self._session.client.show("warning", f"{error['message']} {error['hint']}".strip())
