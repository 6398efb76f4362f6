"""The releases of one state folder: staged, committed, recovered, collected.

Everything here blocks on the disk; callers on the event loop use a thread.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import HashMismatch, StateError
from control.plane.failpoints import reach
from control.plane.releases.complete_config import complete_json, read_config
from control.plane.releases.content import Copied, Linked
from control.plane.releases.directory import open_directory, remove_tree
from control.plane.releases.journal import Journal
from control.plane.releases.release import (
    COMPLETE_CONFIG,
    ENVIRONMENT,
    RECORD,
    TREE,
    Release,
    named_environment,
    new_release_id,
    now,
    read_release,
)
from control.plane.releases.staging import stage_tree
from control.plane.releases.syncing import sync_directory, sync_tree
from truss_base.hash import tree_hash
from truss_base.tree import CONFIG_FILE, scan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from control.plane.releases.content import Content

KEPT_RELEASES = 3
# In the folder of a release that was seen to answer and to live.
HEALTHY = "healthy"


class ReleaseStore:
    """Holds the lock of its state folder until `close`."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._releases = state / "releases"
        self._current = state / "current"
        self._staged: set[str] = set()
        self._mutex = threading.Lock()
        self._live: Release | None = None
        try:
            self._releases.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _locked(state / "lock")
            self.journal = Journal(state / "journal.jsonl")
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
        os.close(self._lock)

    def recover(self) -> Release | None:
        """The live release after whatever happened before, None for a folder never used.

        Removes what a crash left half done.

        Raises:
            StateError: `current` names a release that is not there.
        """
        for leftover in self._state.glob("current.*"):
            leftover.unlink()
        release = self._live = self._read_current()
        # A full disk must not keep the model from serving.
        with contextlib.suppress(OSError):
            if release is not None and release.id not in self.journal.committed():
                # Killed after the rename, which is the commit, and before its line was written.
                self.journal.append({"event": "commit", "release": release.id, "at": now()})
            self._abort_unfinished()
            self.collect(in_use=())
        return release

    def import_truss(self, truss: Path) -> Release:
        """Makes the Truss in `truss` the first release.

        Raises:
            TrussBaseError: it is no Truss.
            HashMismatch: it changed meanwhile.
        """
        # What the handle staged holds the external packages already, in their place.
        entries = scan(truss, external_packages=False)
        contents: dict[str, Content] = {
            entry.path: Copied(entry.source, entry.digest, entry.executable)
            if entry.target is None
            else Linked(entry.target)
            for entry in entries
        }
        release = self.stage(None, contents, None)
        self.settle(release)
        self.commit(release)
        self.keep_commit(release, {})
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
        root = self._new_root()
        reach("stage.created")
        try:
            if on_record:
                begin = {"event": "begin", "release": root.name, "hash": digest, "at": now()}
                self.journal.append(begin)
            reach("stage.begun")
            manifest = stage_tree(root / TREE, base.tree if base else None, contents)
            reach("stage.tree")
            release = Release(
                id=root.name,
                root=root,
                hash=digest,
                created=now(),
                environment=base.environment if base else {},
                secrets=base.secrets if base else [],
                manifest=manifest,
                environment_id=base.environment_id if base else None,
            )
            release = self._recorded(release, base)
        except BaseException:
            self._forget(root.name)
            raise
        reach("stage.recorded")
        return release

    def assign(self, release: Release, environment_id: str | None) -> Release:
        """Links a staged release to the environment that it is to run in."""
        link = release.root / ENVIRONMENT
        link.unlink(missing_ok=True)
        if environment_id is not None:
            link.symlink_to(f"../../environments/{environment_id}")
        return replace(release, environment_id=environment_id)

    def environments_named(self) -> set[str]:
        """The environments of all releases that are there."""
        named = (named_environment(root) for root in self._releases.iterdir())
        return {environment for environment in named if environment is not None}

    def releases(self) -> list[Release]:
        """Every complete release that is there."""
        found = []
        for root in self._releases.iterdir():
            with contextlib.suppress(StateError):
                found.append(read_release(root))
        return found

    def settle(self, release: Release) -> None:
        """Waits until a staged release outlives the machine. May run while it is loaded."""
        sync_tree(release.root, self._releases)

    def commit(self, release: Release) -> None:
        """Makes a settled release the live one. The rename is the instant; `keep_commit` follows.

        Raises:
            OSError: it could not be renamed, and nothing has changed.
        """
        self._make_live(release, "commit")
        self._staged.discard(release.id)

    def keep_commit(self, release: Release, details: Mapping[str, Any]) -> None:
        """Waits until the commit of a release outlives the machine, and writes it down."""
        event = {"event": "commit", "release": release.id, "at": now(), **details}
        self._keep(event, "commit")

    def revert(self, release: Release, details: Mapping[str, Any]) -> None:
        """Makes an older release the live one again, for good.

        Raises:
            OSError: it could not be renamed, and nothing has changed.
        """
        self._make_live(release, "rollback")
        self._keep({"event": "rollback", "release": release.id, **details}, "rollback")

    def mark_healthy(self, release_id: str) -> None:
        """Remembers that a release is one to go back to."""
        # Where the disk does not take it, there is merely no way back to this one.
        with contextlib.suppress(OSError):
            (self._releases / release_id / HEALTHY).touch()
            reach("health.marked")

    def is_healthy(self, release_id: str) -> bool:
        """Whether `mark_healthy` was called for a release that is still there."""
        return (self._releases / release_id / HEALTHY).exists()

    def last_healthy(self) -> Release | None:
        """The newest healthy release besides the live one."""
        order = {release_id: place for place, release_id in enumerate(self.journal.committed())}
        healthy = {mark.parent.name for mark in self._releases.glob(f"*/{HEALTHY}")}
        # One that the journal has forgotten is older than those that it knows.
        healthy.discard(self.live.id)
        for release_id in sorted(healthy, key=lambda one: (order.get(one, -1), one))[::-1]:
            with contextlib.suppress(StateError):
                return read_release(self._releases / release_id)
        return None

    def discard(self, release: Release, details: Mapping[str, Any]) -> None:
        """Removes a staged release that will never be live."""
        assert release is not self._live, "what is live cannot be taken back"
        reach("undo.begun")
        # What a disk does not let go of is removed at the next start.
        with contextlib.suppress(OSError):
            self._forget(release.id)
            reach("undo.forgotten")
            self.journal.append({"event": "abort", "release": release.id, "at": now(), **details})
        reach("undo.journaled")

    def forget(self, release: Release) -> None:
        """Removes a staged release that was never on record."""
        # What a disk does not let go of is removed at the next start.
        with contextlib.suppress(OSError):
            self._forget(release.id)

    def collect(self, in_use: Collection[str]) -> None:
        """Removes all but the last releases, and never one in `in_use` or being staged."""
        self.journal.sync()
        reach("collect.begun")
        with self._mutex:
            kept = {*self.journal.committed()[-KEPT_RELEASES:], *in_use, *self._staged}
            if self._live is not None:
                healthy = self.last_healthy()
                kept |= {self._live.id} | ({healthy.id} if healthy else set())
            gone = [root for root in self._releases.iterdir() if root.name not in kept]
        # A large one takes a while, for which the next patch should not have to wait.
        for root in gone:
            self._remove(root)
            reach("collect.removed")

    def _make_live(self, release: Release, step: str) -> None:
        reach(f"{step}.begun")
        new = self._state / f"current.{release.id}"
        new.unlink(missing_ok=True)
        new.symlink_to(release.root.relative_to(self._state))
        reach(f"{step}.linked")
        new.replace(self._current)
        self._live = release
        reach(f"{step}.renamed")

    def _keep(self, event: Mapping[str, Any], step: str) -> None:
        # What was renamed is live, whether or not the disk takes this.
        with contextlib.suppress(OSError):
            sync_directory(self._state)
            reach(f"{step}.synced")
            self.journal.append(event)
        reach(f"{step}.journaled")

    def _read_current(self) -> Release | None:
        try:
            target = self._current.readlink()
        except FileNotFoundError:
            return None
        return read_release(self._state / target)

    def _abort_unfinished(self) -> None:
        ended = {e["release"] for e in self.journal.events if e["event"] in ("commit", "abort")}
        for event in list(self.journal.events):
            if event["event"] == "begin" and event["release"] not in ended:
                reason = "the control plane ended before this patch was applied"
                self.journal.append(
                    {"event": "abort", "release": event["release"], "at": now(), "error": reason}
                )

    def _new_root(self) -> Path:
        root = self._releases / new_release_id()
        with self._mutex:
            root.mkdir(mode=0o755)
            self._staged.add(root.name)
        return root

    def _recorded(self, release: Release, base: Release | None) -> Release:
        """The release with what its config says; `release.json` last: with it one is complete."""
        self.assign(release, release.environment_id)
        with open_directory(release.root) as directory:
            if base is not None and _has_same_config(release, base):
                # It is on disk already, and what a hot patch waits for is the disk.
                with open_directory(base.root) as old:
                    directory.share(old, COMPLETE_CONFIG, executable=False)
            else:
                config = read_config(release.tree)
                environment, secrets = dict(config.environment_variables), sorted(config.secrets)
                release = replace(release, environment=environment, secrets=secrets)
                directory.write(COMPLETE_CONFIG, complete_json(config))
            reach("stage.configured")
            directory.write(RECORD, json.dumps(release.to_json()).encode())
        return release

    def _forget(self, release_id: str) -> None:
        with self._mutex:
            self._staged.discard(release_id)
            self._remove(self._releases / release_id)

    def _remove(self, root: Path) -> None:
        # Without its record it is no release any more, however much of it remains.
        (root / RECORD).unlink(missing_ok=True)
        reach("collect.unrecorded")
        remove_tree(root)


def _has_same_config(release: Release, base: Release) -> bool:
    return release.manifest[CONFIG_FILE].digest == base.manifest[CONFIG_FILE].digest


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
