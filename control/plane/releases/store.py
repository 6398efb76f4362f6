"""The releases of one state folder: staged, committed, recovered, collected.

Everything here blocks on the disk; callers on the event loop use a thread.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import HashMismatch, StateError
from control.plane.failpoints import reach
from control.plane.releases.content import Copied, Linked
from control.plane.releases.current import Current
from control.plane.releases.health import HealthMarks
from control.plane.releases.journal import Journal
from control.plane.releases.release import Release, now, read_release
from control.plane.releases.shelf import Shelf
from control.plane.releases.staging import stage_release
from control.plane.releases.syncing import sync_tree
from truss_base.hash import tree_hash
from truss_base.tree import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from control.plane.releases.content import Content

KEPT_RELEASES = 3


class ReleaseStore:
    """Holds the lock of its state folder until `close`; `shelf` has the directories."""

    def __init__(self, state: Path) -> None:
        self._current = Current(state)
        self._live: Release | None = None
        try:
            self.shelf = Shelf(state / "releases")
            self._lock = _locked(state / "lock")
            self.journal = Journal(state / "journal.jsonl")
            self.health = HealthMarks(self.shelf.folder, self.journal)
        except OSError as error:
            raise StateError(f"The state folder {state} cannot be used: {error}.") from error

    @property
    def live(self) -> Release:
        """The release that `current` names. Ask after `recover` or `import_truss`."""
        assert self._live is not None, "nothing was recovered or imported yet"
        return self._live

    def close(self) -> None:
        """Lets another control plane use the folder."""
        self.journal.close()
        self._current.close()
        os.close(self._lock)

    def recover(self) -> Release | None:
        """The live release after whatever happened before, None for a folder never used.

        Removes what a crash left half done.

        Raises:
            StateError: `current` names a release that is not there.
        """
        self._current.clear()
        root = self._current.read()
        release = self._live = read_release(root) if root is not None else None
        # A full disk must not keep the model from serving.
        with contextlib.suppress(OSError):
            if release is not None and release.id not in self.journal.committed():
                # Killed after the rename, which is the commit, and before its line was written.
                self.journal.append({"event": "commit", "release": release.id, "at": now()})
            self._abort_unfinished()
            self.collect(in_use=())
        return release

    def import_truss(self, truss: Path, *, external_packages: bool) -> Release:
        """Makes the Truss in `truss` the first release, see `tree.scan` for `external_packages`.

        Raises:
            TrussBaseError: it is no Truss.
            HashMismatch: it changed meanwhile.
        """
        entries = scan(truss, external_packages=external_packages)
        contents: dict[str, Content] = {
            entry.path: Copied(entry.source, entry.digest, entry.executable)
            if entry.target is None
            else Linked(entry.target)
            for entry in entries
        }
        release = self.stage(None, contents, None)
        self.settle(release)
        self.commit(release)
        self.keep_commit(release, dict)
        return release

    def stage(
        self,
        base: Release | None,
        contents: Mapping[str, Content],
        promised: str | None,
        *,
        on_record: bool = True,
    ) -> Release:
        """Writes a complete new release; `settle` brings it to disk, `commit` makes it live.

        The journal tells of it if it is `on_record`; `forget` removes one that is not.

        Raises:
            HashMismatch: the contents do not hash to `promised`.
            ReleaseError: see `stage_tree`.
            OSError: the disk does not take it.
        """
        digest = tree_hash({path: content.digest for path, content in contents.items()})
        if promised is not None and digest != promised:
            raise HashMismatch(
                f"The patches lead to {digest[:12]}, not to the promised {promised[:12]}; "
                "compute the patch again from the running version's signature."
            )
        root = self.shelf.new()
        reach("stage.created")
        try:
            if on_record:
                begin = {"event": "begin", "release": root.name, "hash": digest, "at": now()}
                self.journal.append(begin)
            reach("stage.begun")
            release = stage_release(root, base, contents, digest)
        except BaseException:
            self.shelf.remove(root.name)
            raise
        reach("stage.recorded")
        return release

    def settle(self, release: Release) -> None:
        """Waits until a staged release outlives the machine. May run while it is loaded."""
        sync_tree(release.root, self.shelf.folder)

    def commit(self, release: Release) -> None:
        """Makes a settled release the live one. The rename is the instant; `keep_commit` follows.

        Raises:
            OSError: it could not be renamed, and nothing has changed.
        """
        self._make_live(release, "commit")
        self.shelf.made(release.id)

    def keep_commit(self, release: Release, details: Callable[[], Mapping[str, Any]]) -> None:
        """Waits until the commit of a release outlives the machine, and writes it down."""
        self._keep("commit", release, details)

    def revert(self, release: Release, details: Mapping[str, Any]) -> None:
        """Makes an older release the live one again, for good.

        Raises:
            OSError: it could not be renamed, and nothing has changed.
        """
        self._make_live(release, "rollback")
        self._keep("rollback", release, lambda: details)

    def last_healthy(self) -> Release | None:
        """The newest healthy release besides the live one."""
        return self.health.last(besides=self.live.id)

    def discard(self, release: Release, details: Mapping[str, Any]) -> None:
        """Removes a staged release that will never be live."""
        assert release is not self._live, "what is live cannot be taken back"
        reach("undo.begun")
        # What a disk does not let go of is removed at the next start.
        with contextlib.suppress(OSError):
            self.shelf.remove(release.id)
            reach("undo.forgotten")
            self.journal.append({"event": "abort", "release": release.id, "at": now(), **details})
        reach("undo.journaled")

    def forget(self, release: Release) -> None:
        """Removes a staged release that was never on record."""
        # What a disk does not let go of is removed at the next start.
        with contextlib.suppress(OSError):
            self.shelf.remove(release.id)

    def collect(self, in_use: Collection[str]) -> None:
        """Removes all but the last releases, and never one in `in_use` or being staged."""
        self.journal.sync()
        reach("collect.begun")
        self.shelf.keep_only(lambda: self._kept(in_use))

    def _kept(self, in_use: Collection[str]) -> set[str]:
        kept = {*self.journal.committed()[-KEPT_RELEASES:], *in_use}
        if self._live is not None:
            healthy = self.last_healthy()
            kept |= {self._live.id} | ({healthy.id} if healthy else set())
        return kept

    def _make_live(self, release: Release, step: str) -> None:
        self._current.name(release.root, step)
        self._live = release
        reach(f"{step}.renamed")

    def _keep(self, step: str, release: Release, details: Callable[[], Mapping[str, Any]]) -> None:
        # What was renamed is live, whether or not the disk takes this.
        with contextlib.suppress(OSError):
            # First of all: whoever makes it answer needs the interpreter meanwhile.
            self._current.sync()
            reach(f"{step}.synced")
            event = {"event": step, "release": release.id, "at": now(), **details()}
            self.journal.append(event)
        reach(f"{step}.journaled")

    def _abort_unfinished(self) -> None:
        reason = "the control plane ended before this patch was applied"
        for release_id in self.journal.unfinished():
            event = {"event": "abort", "release": release_id, "at": now(), "error": reason}
            self.journal.append(event)


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StateError(
            f"Another control plane uses the state folder {path.parent}; stop it, or give another."
        ) from None
    return descriptor
