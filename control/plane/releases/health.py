"""Which releases were seen to answer and to live: those that one may go back to."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from control.plane.exceptions import StateError
from control.plane.failpoints import reach
from control.plane.releases.release import read_release

if TYPE_CHECKING:
    from pathlib import Path

    from control.plane.releases.journal import Journal
    from control.plane.releases.release import Release

# In the folder of such a release, so that it is forgotten with it.
HEALTHY = "healthy"


class HealthMarks:
    """Marks in the folders of the releases below `releases`. Blocks on the disk."""

    def __init__(self, releases: Path, journal: Journal) -> None:
        self._releases = releases
        self._journal = journal

    def mark(self, release_id: str) -> None:
        """Remembers that a release is one to go back to."""
        # Where the disk does not take it, there is merely no way back to this one.
        with contextlib.suppress(OSError):
            (self._releases / release_id / HEALTHY).touch()
            reach("health.marked")

    def has(self, release_id: str) -> bool:
        """Whether a release that is still there was marked."""
        return (self._releases / release_id / HEALTHY).exists()

    def last(self, besides: str) -> Release | None:
        """The newest marked release but the one with the id `besides`."""
        order = {release_id: place for place, release_id in enumerate(self._journal.committed())}
        marked = {mark.parent.name for mark in self._releases.glob(f"*/{HEALTHY}")} - {besides}
        # One that the journal has forgotten is older than those that it knows.
        for release_id in sorted(marked, key=lambda one: (order.get(one, -1), one))[::-1]:
            with contextlib.suppress(StateError):
                return read_release(self._releases / release_id)
        return None
