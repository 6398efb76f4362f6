"""What is installed where each Truss runs: asked for once per environment, when it is heard of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import TYPE_CHECKING

from lsp_server.text import one_line

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from truss_handle.values import RunningStatus

logger = logging.getLogger(__name__)


class ContainerPackages:
    """Answers at once with what was last heard; `operations` gives the verbs of the handle."""

    def __init__(self, operations: Callable[[], Awaitable[ModuleType]]) -> None:
        self._operations = operations
        self._found: dict[Path, Mapping[str, str]] = {}
        self._asked: dict[Path, Hashable] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, truss: Path) -> Mapping[str, str] | None:
        """Versions by canonical name; None while nothing runs or it has not told."""
        return self._found.get(truss)

    def heard(self, truss: Path, status: RunningStatus) -> None:
        """What runs has told of itself: another environment is worth a question."""
        if status.state == "stopped":
            self.forget(truss)
        elif "environment" in status.raw:  # an older control plane has nothing to tell
            environment = (status.id, status.started_at, status.raw["environment"])
            if self._asked.get(truss) != environment:
                self._asked[truss] = environment
                task = asyncio.create_task(self._ask(truss, environment))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def forget(self, truss: Path) -> None:
        """Nothing runs any more."""
        self._asked.pop(truss, None)
        self._found.pop(truss, None)

    async def _ask(self, truss: Path, environment: Hashable) -> None:
        try:
            found = await (await self._operations()).packages(truss)
        except Exception as error:  # a hover says less; the next word of the container asks again
            logger.info("No packages of %s: %s", truss, one_line(str(error)))
            if self._asked.get(truss) == environment:
                del self._asked[truss]
            return
        if self._asked.get(truss) == environment:
            self._found[truss] = found
