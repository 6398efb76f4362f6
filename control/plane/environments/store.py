"""The environments of one state folder: made, found again by their content, collected.

A folder without its record is none: what a crash left of one is removed at the next start. Blocks
on the disk; callers on the event loop use a thread.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from control.plane.releases.directory import remove_tree
from control.plane.releases.release import new_release_id
from control.plane.releases.syncing import sync_directory, sync_recent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

RECORD = "environment.json"
# What the control plane was started with. It is recorded like the others, and never removed.
FIRST = "first"
SOURCES = "sources"
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Environment:
    """A complete environment. `key` names what was asked for, `made` is seconds since the epoch;
    `sources` is the folder with the files that its requirements name, empty where they name none.
    """

    id: str
    key: str
    made: float
    python: Path
    sources: str

    @property
    def root(self) -> Path:
        """The virtual environment."""
        return self.python.parent.parent


class EnvironmentStore:
    """`folder` is its own; `first` is the interpreter that the control plane was started with."""

    def __init__(self, folder: Path, first: Path) -> None:
        self._folder = folder
        self._first = first
        self._mutex = threading.Lock()
        self._reserved: set[str] = set()

    @property
    def folder(self) -> Path:
        """Where the environments are."""
        return self._folder

    def python(self, environment: str | None) -> Path:
        """The interpreter of an environment; None is the first."""
        return self._first if environment is None else _python(self._folder / environment)

    def note_first(self, key: str) -> None:
        """Records what the first environment holds, once, before anything is served from it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = self._folder / FIRST
        if not (root / RECORD).exists():
            root.mkdir(exist_ok=True)
            _record(root, {"key": key, "made": time.time(), "sources": ""})

    def get(self, environment: str | None) -> Environment | None:
        """An environment with its record; None is the first. None where it was never recorded."""
        return self._read(self._folder / (environment or FIRST))

    def find(self, key: str) -> Environment | None:
        """A complete environment in which that was installed, reserved as by `begin`."""
        with self._mutex:
            found = next((it for it in self._all() if it.key == key), None)
            if found is not None:
                self._reserved.add(found.id)
        return found

    def begin(self) -> Path:
        """A new folder, reserved: nothing removes it until `release` or `discard`."""
        root = self._folder / new_release_id()
        with self._mutex:
            self._reserved.add(root.name)
            root.mkdir(mode=0o755, parents=True)
        return root

    def finish(self, root: Path, key: str, sources: str) -> Environment:
        """Makes the folder of `begin` an environment; it is collected once nobody names it."""
        made = Environment(root.name, key, time.time(), _python(root), sources)
        _record(root, {"key": key, "made": made.made, "sources": sources})
        return made

    def settle(self, environment: str) -> None:
        """Waits until an environment outlives the machine. May run while it is used."""
        made = self.get(environment)
        if made is not None:
            # What an installer took from its cache an hour ago has long been written.
            sync_recent(made.root.parent, made.made - HOUR)
            sync_directory(self._folder)

    def release(self, environment: str) -> None:
        """What was begun may be collected again, unless a release names it."""
        with self._mutex:
            self._reserved.discard(environment)

    def discard(self, root: Path) -> None:
        """Removes what `begin` gave."""
        self.release(root.name)
        _remove(root)

    def sources(self, key: str) -> Path:
        """The folder for the files that requirements name; `key` names their content."""
        return self._folder / SOURCES / key

    def collect(self, named: Collection[str]) -> None:
        """Removes every environment that is neither `named` nor being made."""
        with self._mutex:
            kept = {FIRST, *named, *self._reserved}
            for root in self._folders():
                if root.name not in kept:
                    _remove(root)
            used = {found.sources for found in self._all()}
            busy = bool(self._reserved)
        if not busy:
            for root in (self._folder / SOURCES).glob("*"):
                if root.name not in used:
                    remove_tree(root)

    def _folders(self) -> Iterator[Path]:
        if self._folder.is_dir():
            folders = (root for root in self._folder.iterdir() if root.is_dir())
            yield from (root for root in folders if root.name != SOURCES)

    def _all(self) -> Iterator[Environment]:
        for root in self._folders():
            if (found := self._read(root)) is not None:
                yield found

    def _read(self, root: Path) -> Environment | None:
        try:
            value = json.loads((root / RECORD).read_bytes())
            python = self._first if root.name == FIRST else _python(root)
            return Environment(root.name, value["key"], value["made"], python, value["sources"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _python(root: Path) -> Path:
    return root / "venv" / "bin" / "python"


def _record(root: Path, value: dict[str, Any]) -> None:
    new = root / f"{RECORD}.new"
    new.write_text(json.dumps(value))
    new.replace(root / RECORD)


def _remove(root: Path) -> None:
    # Without its record it is no environment any more, however much of it remains.
    (root / RECORD).unlink(missing_ok=True)
    remove_tree(root)
