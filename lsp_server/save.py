"""Patch on save: the newest save wins, also over a patch that still loads."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from lsp_server.changing import PATCHING
from lsp_server.commands import execute
from lsp_server.features import plan as plan_text
from lsp_server.text import one_line
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine
    from pathlib import Path

    from lsp_server.items import Json
    from lsp_server.session import Session
    from lsp_server.settings import PatchOnSave

logger = logging.getLogger(__name__)
ONCE, ALWAYS, NEVER, SHOW_PLAN = "Patch", "Always", "Never", "Show plan"
REBUILD, LATER = "Rebuild and restart", "Not now"
TOGETHER_SECONDS = 0.05


class Saves:
    """What saves lead to. One that comes during a patch ends it: a mistake whose `load` hangs must
    not hold up its correction. Those that come together are worth one patch, not many.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._wanted: set[Path] = set()
        self._saved: dict[Path, set[Path]] = {}
        self._working: dict[Path, asyncio.Task[None]] = {}
        self._answers: dict[Path, PatchOnSave] = {}
        self._later: set[asyncio.Task[None]] = set()
        self._patching: set[Path] = set()

    def saved(self, truss: Path, files: Collection[Path] = ()) -> None:
        """Files of a Truss were saved; without `files` any of them may have been."""
        if not self._session.trusted:
            return
        self._wanted.add(truss)
        self._saved.setdefault(truss, set()).update(files)
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
            await self._gather(truss)
            self._wanted.discard(truss)
            try:
                await self._follow(truss)
            except Exception as error:  # one save must not spoil the next
                logger.error("After a save: %s", one_line(f"{type(error).__name__}: {error}"))

    async def _gather(self, truss: Path) -> None:
        """ "Save all" saves file by file: each would be a version that nobody meant."""
        if self._session.documents.unsaved(truss):
            await asyncio.sleep(TOGETHER_SECONDS)

    async def _follow(self, truss: Path) -> None:
        session = self._session
        saved = self._saved.pop(truss, set())
        mode = await self.mode(truss)
        if not (mode == "on" and session.runtime.state(truss).running):
            await asyncio.wait([session.runtime.look(truss)])
        state = session.runtime.state(truss)
        if not state.running or not state.control or mode == "off":
            return
        if mode == "ask" and (state.in_sync is not False or not await self._agreed(truss)):
            return
        self._patching.add(truss)
        try:
            named = {"changed": [str(path) for path in saved]} if saved else {}
            argument = {"uri": uri_of(truss), **named}
            answer = await execute(session, "truss.patchContainer", argument)
        finally:
            self._patching.discard(truss)
        # Neither the next save nor the next prediction waits for what follows.
        if not answer["ok"]:
            self._saved.setdefault(truss, set()).update(saved)
            self._run_later(self._refused(truss, answer["error"]))
        elif saved:
            self._run_later(self._rest(truss))

    def _run_later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _rest(self, truss: Path) -> None:
        """Other programs write files too, and name none: what a look finds besides is patched."""
        runtime = self._session.runtime
        await asyncio.wait([runtime.look(truss)])
        state = runtime.state(truss)
        if state.in_sync is False and not state.busy and await self.mode(truss) == "on":
            self.saved(truss)

    async def settled(self, truss: Path) -> None:
        """Waits for the patch that a save has led to: what is asked next meets the new code.

        Not for one that still needs the user's word.
        """
        work = self._working.get(truss)
        if work is not None and await self.mode(truss) == "on":
            await asyncio.wait([work])

    async def mode(self, truss: Path) -> PatchOnSave:
        """What a save of this Truss does: the user's word here, else the setting."""
        return self._answers.get(truss) or (await self._session.preferences.of(truss)).patch_on_save

    async def _agreed(self, truss: Path) -> bool:
        if self._session.runtime.state(truss).needs_rebuild:
            return True  # patching says why it cannot, and offers what can
        plan = dict(self._session.runtime.state(truss).plan or {})
        question = plan_text.question(truss.name, plan)
        choices, choose = [ONCE, ALWAYS, NEVER], self._session.client.choose
        answer = await choose(question, [*choices, SHOW_PLAN])
        if answer == SHOW_PLAN:
            await self._session.plans.show(truss, plan_text.markdown(truss.name, plan))
            answer = await choose(question, choices)
        if answer == ALWAYS:
            self._remember(truss, "on")
        elif answer == NEVER:
            self._remember(truss, "off")
        return answer in (ONCE, ALWAYS)

    def _remember(self, truss: Path, mode: PatchOnSave) -> None:
        self._answers[truss] = mode
        self._session.remember_patch_on_save(truss, mode)

    def settings_changed(self) -> None:
        """What the user has set since is his newest word."""
        self._answers.clear()

    async def _refused(self, truss: Path, error: Json) -> None:
        """A failure of the user's code shows at its line; anything else is said once."""
        if error["type"] == "RebuildNeeded":
            if await self._session.client.choose(error["message"], [REBUILD, LATER]) == REBUILD:
                await execute(self._session, "truss.rebuildContainer", {"uri": uri_of(truss)})
        elif not error.get("model_error") and error["type"] != "Superseded":
            self._session.client.show("warning", f"{error['message']} {error['hint']}".strip())
