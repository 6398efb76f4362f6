"""What this process knows of the Trusses on disk, so that a look costs what has changed.

Each Truss keeps its last snapshot and a stat cache, in memory and in a file: a language server, a
watch or a notebook looks in milliseconds, and a command line reads only what was saved since.
"""

from __future__ import annotations

import hashlib
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base import tree
from truss_base.exceptions import ConfigError
from truss_base.ignore import IGNORE_FILE
from truss_base.snapshot import Snapshot
from truss_base.stat_cache import StatCache
from truss_handle.files import make_room, write_atomic

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from truss_handle.settings import Settings

# A word about which files have changed is taken for so many seconds after a look at all of them.
HINT_SECONDS = 30.0
_IN_MEMORY = 8
# What is read at once, instead of in a thread: an editor has just written it.
_FEW_FILES, _FEW_ENTRIES, _SMALL = 2, 500, 256 << 10  # files, entries of the Truss, bytes
_TELLING = frozenset({tree.CONFIG_FILE, IGNORE_FILE})
_STORED = 64
# Reading again what was read since the cache was stored has to cost more than storing it.
_WORTH_STORING = 4 << 20

Digests = dict[str, str]


class KnownTree:
    """One Truss directory. Safe to be used by several threads, one after the other."""

    def __init__(self, root: Path, store: Path) -> None:
        self._root = root
        self._store = store
        self._lock = threading.Lock()
        self._cache: StatCache | None = None
        self._snapshot: Snapshot | None = None
        self._looked = -HINT_SECONDS

    def snapshot(self, changed: Collection[Path | str] | None = None) -> Snapshot:
        """The Truss as it is on disk.

        With `changed` only these files are looked at, where that is safe and a look at all of them
        is recent. A file that changed too and is not among them stays what it was for the moment:
        the next call without `changed` finds it. Raises what `Snapshot.take` raises.
        """
        with self._lock:
            known = self._refreshed(changed) or self._taken()
            self._snapshot = known
            return known

    def is_at_hand(self, changed: Collection[Path | str] | None) -> bool:
        """Whether `snapshot` of these small files takes less than to hand it to a thread: nobody
        has to look through the Truss, or wait for who does."""
        known = self._snapshot
        if changed is None or known is None or self._lock.locked():
            return False
        if len(changed) > _FEW_FILES or len(known.entries) > _FEW_ENTRIES:
            return False
        return self._is_recent() and all(_is_small_file(self._root / name) for name in changed)

    def digests(self) -> Digests:
        """Every path with its digest, also of a Truss whose config is no YAML at the moment.

        Raises what `tree.scan` raises.
        """
        try:
            return self.snapshot().signature.content_hashes_by_path
        except ConfigError:
            with self._lock:
                found = tree.scan(self._root, cache=self._stat_cache())
            return {entry.path: entry.digest for entry in found}

    def _refreshed(self, changed: Collection[Path | str] | None) -> Snapshot | None:
        if changed is None or self._snapshot is None or not self._is_recent():
            return None
        return self._snapshot.refreshed(changed)

    def _is_recent(self) -> bool:
        return time.monotonic() - self._looked < HINT_SECONDS

    def _taken(self) -> Snapshot:
        cache = self._stat_cache()
        looked = time.monotonic()
        taken = Snapshot.take(self._root, cache=cache, before=self._snapshot)
        self._looked = looked
        if cache.unstored >= _WORTH_STORING:
            _store(self._store, cache)
        return taken

    def _stat_cache(self) -> StatCache:
        if self._cache is None:
            try:
                self._cache = StatCache.from_bytes(self._store.read_bytes())
            except OSError:
                self._cache = StatCache()
        return self._cache


def _is_small_file(path: Path) -> bool:
    """Also: which means nothing for other files, as the config and the ignore rules do."""
    try:
        return path.name not in _TELLING and path.stat().st_size <= _SMALL
    except OSError:
        return False


def tree_of(settings: Settings, truss_dir: Path) -> KnownTree:
    """What is known of the Truss in `truss_dir`, a resolved directory."""
    return _tree_of(settings.trees, truss_dir)


def local_hash(settings: Settings, truss_dir: Path) -> str:
    """The Truss hash of the files on disk. Raises what `tree.scan` raises."""
    from truss_base.hash import tree_hash

    known = tree_of(settings, truss_dir)
    try:
        return known.snapshot().signature.hash
    except ConfigError:
        return tree_hash(known.digests())


@lru_cache(maxsize=_IN_MEMORY)
def _tree_of(folder: Path, root: Path) -> KnownTree:
    name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return KnownTree(root, folder / f"{name}.stat")


def _store(path: Path, cache: StatCache) -> None:
    """Keeps a cache for the next process; the oldest ones make room."""
    try:
        write_atomic(path, cache.to_bytes())
        make_room(path.parent, "*.stat", keep=_STORED)
    except OSError:
        return  # a full or read-only disk costs the next process a reading, nothing else
    cache.unstored = 0
