"""The Truss hash: one sha256 over the names and the contents of a tree."""

from __future__ import annotations

import bisect
import hashlib
from typing import TYPE_CHECKING

from truss_base.paths import utf8_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

# A later definition gets another header, so that two definitions never agree by chance.
_HEADER = b"truss tree 1\n"
# Entries of which one changed digest encodes all anew; the state before each block is kept.
_BLOCK = 256


def tree_hash(content_hashes: Mapping[str, str]) -> str:
    """The hash (64 hexadecimal digits) of a tree given as path to digest.

    A pure function of the mapping, whatever its order. A path ends with NUL, which no path can
    contain, and a digest with a line end, so two different trees never yield the same bytes.
    """
    ordered = sorted(content_hashes, key=utf8_order)
    return hashlib.sha256(_HEADER + _encoded(ordered, content_hashes)).hexdigest()


def truss_hash(truss_dir: Path | str, *, external_packages: bool = True) -> str:
    """The hash of the Truss in `truss_dir`. Parameters and errors are those of `tree.scan`."""
    from truss_base.tree import scan

    entries = scan(truss_dir, external_packages=external_packages)
    return tree_hash({entry.path: entry.digest for entry in entries})


class TreeHash:
    """The hash of a tree, kept in blocks: another digest costs its block and what follows it.

    `paths` are in their UTF-8 order and stay the same; `replacing` gives another TreeHash.
    """

    def __init__(self, paths: Sequence[str], content_hashes: Mapping[str, str]) -> None:
        self._paths = paths
        starts = range(0, len(paths), _BLOCK)
        self._blocks = [_encoded(paths[at : at + _BLOCK], content_hashes) for at in starts]
        self._states = [hashlib.sha256(_HEADER)]
        self._hash_from(0)

    def hexdigest(self) -> str:
        """The Truss hash."""
        return self._states[-1].hexdigest()

    def has_below(self, directory: str) -> bool:
        """Whether any path lies below `directory`."""
        position = self._position(f"{directory}/")
        following = self._paths[position] if position < len(self._paths) else ""
        return following.startswith(f"{directory}/")

    def replacing(self, changed: Iterable[str], content_hashes: Mapping[str, str]) -> TreeHash:
        """The hash of the same paths, after the digests of `changed` have changed."""
        other = object.__new__(TreeHash)
        other._paths, other._blocks = self._paths, list(self._blocks)
        touched = sorted({self._position(path) // _BLOCK for path in changed})
        for block in touched:
            part = self._paths[block * _BLOCK : (block + 1) * _BLOCK]
            other._blocks[block] = _encoded(part, content_hashes)
        first = touched[0] if touched else len(self._blocks)
        other._states = self._states[: first + 1]
        other._hash_from(first)
        return other

    def _position(self, path: str) -> int:
        return bisect.bisect_left(self._paths, utf8_order(path), key=utf8_order)

    def _hash_from(self, first: int) -> None:
        """Appends the states after each block from `first` on."""
        state = self._states[first]
        for block in self._blocks[first:]:
            state = state.copy()
            state.update(block)
            self._states.append(state)


def _encoded(paths: Sequence[str], content_hashes: Mapping[str, str]) -> bytes:
    return "".join([f"{path}\0{content_hashes[path]}\n" for path in paths]).encode()
