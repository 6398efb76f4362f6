"""A Truss as it was at one moment, of which a changed copy costs what has changed.

`take` looks at every file. `refreshed` looks at a few that somebody names: an editor after a save,
a watcher. It believes that all others are what they were; where that is wrong it describes a
version that never existed, until a later `take` finds what was not named. `overlaid` puts unsaved
texts in the place of files.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base import paths, reading, tree
from truss_base.entry import Entry
from truss_base.exceptions import PathError
from truss_base.hash import TreeHash
from truss_base.ignore import IgnoreRules
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from truss_base.stat_cache import StatCache

_EXTERNAL_PACKAGES = "external_package_dirs"


class _OnlyAScanTells(Exception):
    """What was named may concern more than the files that were named."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The entries of the Truss in `root` by their paths, in order, and its signature."""

    root: Path
    rules: IgnoreRules
    entries: Mapping[str, Entry]
    signature: Signature
    _hash: TreeHash

    @classmethod
    def take(
        cls,
        truss_dir: Path | str,
        *,
        cache: StatCache | None = None,
        before: Snapshot | None = None,
    ) -> Snapshot:
        """Scans the Truss in `truss_dir`. Errors as `tree.scan`, and ConfigError.

        `before`, an earlier snapshot of it, makes that cheaper and changes nothing.
        """
        root = tree.truss_root(truss_dir)

        def taken(found: Sequence[Entry]) -> Snapshot:
            rules = IgnoreRules.load(root)
            if before is not None and (changed := before._changed_to(found)) is not None:
                after = before._rehashed({**before.entries, **changed}, changed.keys())
                return replace(after, rules=rules)
            entries = {entry.path: entry for entry in found}
            return cls._of(root, rules, entries, before.signature if before else None)

        return tree.consistent(root, taken, cache=cache)

    @property
    def hash(self) -> str:
        """The Truss hash."""
        return self.signature.hash

    def refreshed(self, changed: Iterable[Path | str]) -> Snapshot | None:
        """The snapshot after the files `changed` (absolute, or relative to the root) were looked
        at again. None where only `take` can tell: a directory, a link, a file outside the Truss,
        other ignore rules, external packages.

        Raises PathError as `take` does, ConfigError, ChangedMeanwhile.
        """
        try:
            if IgnoreRules.load(self.root).text != self.rules.text:
                return None
            # The config says what every other file means, so it is never believed unchanged.
            locations = {tree.CONFIG_FILE: self.root / tree.CONFIG_FILE}
            locations |= dict(map(self._located, changed))
            found = {
                path: _looked_at(location, path)
                for path, location in locations.items()
                if not self.rules.ignores(path, False)
            }
            return self._with(found)
        except _OnlyAScanTells:
            return None

    def overlaid(self, contents: Mapping[str, bytes]) -> Snapshot:
        """The snapshot with these bytes at these paths, whatever is on disk: an editor's unsaved
        files. What the ignore rules leave out is left out.

        Raises PathError for what cannot be the path of a file in this Truss, ConfigError for a
        config that is no YAML, ChangedMeanwhile.
        """
        held = {
            path: self._held(path, content)
            for path, content in ((paths.normalize(name), c) for name, c in contents.items())
            if not self.rules.ignores(path, False)
        }
        try:
            return self._with(held)
        except _OnlyAScanTells:
            raise PathError(f"{', '.join(held)}: lies below a file, or is a link") from None

    def _located(self, name: Path | str) -> tuple[str, Path]:
        """A file that somebody names: its path in the Truss, and where it is on disk."""
        location = self.root / name
        try:
            inside = location.relative_to(self.root).as_posix()
        except ValueError:
            raise _OnlyAScanTells from None
        # A folder that is reached through a link is not part of the Truss by this name.
        if os.path.realpath(location.parent) != str(location.parent):
            raise _OnlyAScanTells
        path = paths.normalize(unicodedata.normalize("NFC", inside))
        return path, location

    def _held(self, path: str, content: bytes) -> Entry:
        before = self.entries.get(path)
        executable = before is not None and before.executable
        location = str(self.root / path)
        digest = hashlib.sha256(content).hexdigest()
        return Entry(path, digest, "file", executable, len(content), location, None, content)

    def _with(self, found: Mapping[str, Entry | None]) -> Snapshot:
        """The snapshot with other entries (None: without). Raises _OnlyAScanTells."""
        changes = {path: new for path, new in found.items() if self.entries.get(path) != new}
        if not changes:
            return self
        self._require_files(changes)
        entries = dict(self.entries)
        for path, entry in changes.items():
            if entry is None:
                del entries[path]
            else:
                entries[path] = entry
        if len(entries) != len(self.entries) or changes.keys() - self.entries.keys():
            entries = {path: entries[path] for path in sorted(entries, key=paths.utf8_order)}
            after = self._of(self.root, self.rules, entries, self.signature)
        else:
            after = self._rehashed(entries, changes.keys())
        if _EXTERNAL_PACKAGES in self.signature.config + after.signature.config:
            raise _OnlyAScanTells
        return after

    @classmethod
    def _of(
        cls, root: Path, rules: IgnoreRules, entries: Mapping[str, Entry], before: Signature | None
    ) -> Snapshot:
        """The snapshot of `entries`, which are in order."""
        digests = {path: entry.digest for path, entry in entries.items()}
        tree_hash = TreeHash(list(digests), digests)
        signature = Signature.of_tree(entries, digests, tree_hash.hexdigest(), before)
        return cls(root, rules, entries, signature, tree_hash)

    def _changed_to(self, found: Sequence[Entry]) -> dict[str, Entry] | None:
        """Those of `found`, which is in order, that are others here; None where paths differ."""
        if len(found) != len(self.entries):
            return None
        # Both are in order: where all that is another object has its old path, all paths are.
        pairs = zip(self.entries.values(), found, strict=True)
        changed = [(old, new) for old, new in pairs if old is not new]
        if any(old.path != new.path for old, new in changed):
            return None
        return {new.path: new for _, new in changed}

    def _rehashed(self, entries: Mapping[str, Entry], changed: Collection[str]) -> Snapshot:
        """The snapshot of `entries`, of which only those at `changed` are others."""
        digests = dict(self.signature.content_hashes_by_path)
        digests |= {path: entries[path].digest for path in changed}
        tree_hash = self._hash.replacing(changed, digests)
        signed = tree_hash.hexdigest()
        signature = Signature.of_tree(entries, digests, signed, self.signature, changed)
        return Snapshot(self.root, self.rules, entries, signature, tree_hash)

    def _require_files(self, changes: Mapping[str, Entry | None]) -> None:
        """Raises _OnlyAScanTells for what has to be judged together with other entries."""
        for path, new in changes.items():
            old = self.entries.get(path)
            if any(entry is not None and entry.kind == "symlink" for entry in (old, new)):
                raise _OnlyAScanTells
            if path == tree.CONFIG_FILE and new is None:
                raise _OnlyAScanTells
            if old is None and new is not None and self._is_obstructed(path, changes):
                raise _OnlyAScanTells

    def _is_obstructed(self, path: str, changes: Mapping[str, Entry | None]) -> bool:
        """Whether a new file lies below another one, or another one below it."""
        parents = [path[:end] for end in range(len(path)) if path[end] == "/"]
        if any(parent in self.entries or changes.get(parent) for parent in parents):
            return True
        return self._hash.has_below(path)


def _looked_at(location: Path, path: str) -> Entry | None:
    try:
        return reading.look(location, path)
    except (IsADirectoryError, NotADirectoryError):
        raise _OnlyAScanTells from None
