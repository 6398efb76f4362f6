"""The directories of the releases: which are there, which are being made, which go."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from control.plane.exceptions import StateError
from control.plane.failpoints import reach
from control.plane.releases.directory import remove_tree
from control.plane.releases.release import (
    RECORD,
    Release,
    named_environment,
    new_release_id,
    read_release,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path


class Shelf:
    """One directory below `folder` per release. What is being made is never removed as left over.

    Raises OSError where the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._staged: set[str] = set()
        self._mutex = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def environments_named(self) -> set[str]:
        """The environments of all releases that are there."""
        named = (named_environment(root) for root in self.folder.iterdir())
        return {environment for environment in named if environment is not None}

    def releases(self) -> list[Release]:
        """Every complete release that is there."""
        found = []
        for root in self.folder.iterdir():
            with contextlib.suppress(StateError):
                found.append(read_release(root))
        return found

    def new(self) -> Path:
        """The empty directory of a release that is being made, until `made` or `remove`."""
        root = self.folder / new_release_id()
        with self._mutex:
            root.mkdir(mode=0o755)
            self._staged.add(root.name)
        return root

    def made(self, release_id: str) -> None:
        """It stays by its own merit from now on."""
        self._staged.discard(release_id)

    def remove(self, release_id: str) -> None:
        """Removes a release that will never be live."""
        with self._mutex:
            self._staged.discard(release_id)
            _remove(self.folder / release_id)

    def keep_only(self, wanted: Callable[[], Collection[str]]) -> None:
        """Removes every other release, and none that is being made; `wanted` is asked while no
        other begins."""
        with self._mutex:
            kept = {*wanted(), *self._staged}
            gone = [root for root in self.folder.iterdir() if root.name not in kept]
        # A large one takes a while, for which the next patch should not have to wait.
        for root in gone:
            _remove(root)
            reach("collect.removed")


def _remove(root: Path) -> None:
    # Without its record it is no release any more, however much of it remains.
    (root / RECORD).unlink(missing_ok=True)
    reach("collect.unrecorded")
    remove_tree(root)
