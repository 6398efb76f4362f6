"""The link that names the live release. To replace it is the commit of a patch."""

from __future__ import annotations

import os
from pathlib import Path

from control.plane.failpoints import reach

NAME = "current"


class Current:
    """`<state>/current`, which names one of the releases there. Blocks on the disk."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._link = state / NAME
        self._folder: int | None = None

    def read(self) -> Path | None:
        """The folder of the release that is named, None where none ever was."""
        try:
            return self._state / self._link.readlink()
        except FileNotFoundError:
            return None

    def clear(self) -> None:
        """Removes what a crash has left of a link that was to be."""
        for leftover in self._state.glob(f"{NAME}.*"):
            leftover.unlink()

    def name(self, root: Path, step: str) -> None:
        """Names the release in the folder `root`; `step` is what its fail points are called.

        Raises:
            OSError: nothing has changed.
        """
        reach(f"{step}.begun")
        folder, new = self._open(), f"{NAME}.{root.name}"
        target = root.relative_to(self._state)
        try:
            os.symlink(target, new, dir_fd=folder)
        except FileExistsError:  # of an attempt that the disk did not let end
            os.unlink(new, dir_fd=folder)
            os.symlink(target, new, dir_fd=folder)
        reach(f"{step}.linked")
        os.replace(new, NAME, src_dir_fd=folder, dst_dir_fd=folder)

    def sync(self) -> None:
        """Waits until the name outlives the machine."""
        os.fsync(self._open())

    def close(self) -> None:
        """Gives back what it holds open."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _open(self) -> int:
        """The folder, which stays open: a patch waits for every step between its rename and
        the disk."""
        if self._folder is None:
            self._folder = os.open(self._state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return self._folder
