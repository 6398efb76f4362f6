"""Noticing saves, and which files they concern."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.exceptions import TrussBaseError
from truss_handle.trees import tree_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from truss_handle.settings import Settings

INTERVAL = 0.3  # seconds between looks
REST_FACTOR = 5  # a large Truss is looked at less often: at most a sixth of the time


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a Truss found: digests by path, or why there is no Truss to look at."""

    digests: Mapping[str, str] = field(default_factory=dict)
    complaint: str = ""

    @classmethod
    def at(cls, settings: Settings, truss_dir: Path) -> Look:
        """Looks now. Never raises for what is wrong with a Truss: a patch reports that."""
        try:
            return cls(tree_of(settings, truss_dir).digests())
        except TrussBaseError as error:
            return cls(complaint=str(error))

    def changed_since(self, before: Look) -> list[str] | None:
        """The paths that differ, or None where that cannot be said."""
        if self.complaint or before.complaint:
            return None
        old, new = before.digests, self.digests
        return [path for path in {**old, **new} if old.get(path) != new.get(path)]


async def changes(
    settings: Settings, truss_dir: Path, since: Look, interval: float = INTERVAL
) -> AsyncIterator[list[str] | None]:
    """Yields the changed paths (None: any) after every change since a look, once the files have
    been still for one look.

    Editors write several files, and one file in several steps: half a save is not a change.
    """
    reported = settled = since
    rest = interval
    while True:
        await asyncio.sleep(rest)
        began = time.monotonic()
        now = await asyncio.to_thread(Look.at, settings, truss_dir)
        rest = max(interval, REST_FACTOR * (time.monotonic() - began))
        if now == settled and now != reported:
            yield now.changed_since(reported)
            reported = now
        settled = now
