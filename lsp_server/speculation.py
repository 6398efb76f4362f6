"""Preparing the patch of what is being typed, so that the save only has to commit it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from lsp_server.features.python_names import parsed
from lsp_server.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lsp_server.session import Session
    from lsp_server.state import State

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 0.15  # between two words rather than between two letters


class Speculation:
    """At most one preparation per Truss: of the texts after the last pause in typing.

    The container writes and compiles ahead what it is told, and executes nothing of it. A save
    needs no word from here: a patch to the version that was prepared finds it by its hash.
    `prepared` is for people who want to know: the hash of each Truss's last one.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._timers: dict[Path, asyncio.TimerHandle] = {}
        self._tasks: dict[Path, asyncio.Task[None]] = {}
        self.prepared: dict[Path, str] = {}

    def typed(self, truss: Path) -> None:
        """A text of this Truss has changed: what was prepared before is out of date."""
        self.drop(truss)
        if self._session.trusted and _takes_patches(self._session.runtime.state(truss)):
            loop = asyncio.get_running_loop()
            self._timers[truss] = loop.call_later(PAUSE_SECONDS, self._begin, truss)

    def saved(self, truss: Path) -> None:
        """The patch of the save comes now. It waits for a preparation, if that is of the same."""
        if self._session.documents.unsaved(truss):
            self.drop(truss)
        elif timer := self._timers.pop(truss, None):
            timer.cancel()

    def drop(self, truss: Path) -> None:
        if timer := self._timers.pop(truss, None):
            timer.cancel()
        if task := self._tasks.pop(truss, None):
            task.cancel()

    def _begin(self, truss: Path) -> None:
        self._timers.pop(truss, None)
        task = asyncio.create_task(self._prepare(truss))
        self._tasks[truss] = task
        task.add_done_callback(lambda done: self._ended(truss, done))

    def _ended(self, truss: Path, task: asyncio.Task[None]) -> None:
        if self._tasks.get(truss) is task:
            del self._tasks[truss]

    async def _prepare(self, truss: Path) -> None:
        try:
            if not await self._wanted(truss):
                return
            texts = self._texts(truss)
            if not texts:
                return
            if await asyncio.to_thread(_parses, texts):
                operations = await self._session.runtime.operations()
                contents = {path: text.encode() for path, text in texts.items()}
                if found := await operations.prepare(truss, contents):
                    self.prepared[truss] = found.hash
        except Exception as error:  # only a head start is lost: the save says what is wrong
            logger.debug("Not prepared: %s", one_line(f"{type(error).__name__}: {error}"))

    async def _wanted(self, truss: Path) -> bool:
        """Whether a save would patch without a question, and the user has not switched this off."""
        if await self._session.saves.mode(truss) != "on":
            return False
        return (await self._session.preferences.of(truss)).prepare_while_typing

    def _texts(self, truss: Path) -> Mapping[str, str]:
        """The unsaved texts by their paths; none while the config has an error."""
        documents = self._session.documents
        unsaved = [documents.at(path) for path in documents.unsaved(truss)]
        found = [snapshot for snapshot in unsaved if snapshot is not None]
        if any(one.severity == "error" for snapshot in found for one in snapshot.findings):
            return {}
        named = [(one.path, one.text) for one in found if one.path is not None]
        return {path.relative_to(truss).as_posix(): text for path, text in named}


def _takes_patches(state: State) -> bool:
    return state.state == "ready" and state.control and state.busy is None


def _parses(texts: Mapping[str, str]) -> bool:
    """Whether every Python text is one: half a word is not worth a preparation."""
    return all(parsed(text) is not None for path, text in texts.items() if path.endswith(".py"))
