"""Which files need not be read again, because nothing about them has changed since they were.

The rule is git's: a file is what it was when its size, both its times, its inode and its mode are
what they were.
That could only lie about a file which was written within the same tick of the file system's clock
as its last look; such a "racily clean" file is never remembered, so it is read again. What
remains is a file whose bytes change while all five values stay: something that rewrites its
content under the same size and inode and winds back the system's clock to do it, or that writes
through a memory map while it is scanned.

The times of directories are not asked: they say nothing about contents.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from typing import TYPE_CHECKING

from truss_base.entry import Entry

if TYPE_CHECKING:
    import os

# Size, modification time, change time, inode, mode.
Stamp = tuple[int, int, int, int, int]
Known = tuple[Stamp, Entry]
# A folder on disk, and the path in the Truss below which its files appear.
Folder = tuple[str, str]

# The version of what is stored, and of what stored it.
_FORMAT = (1, sys.implementation.cache_tag)
_SECOND = 1_000_000_000
# The kernel stamps files with the time of its last tick, up to 10 ms ago.
_FINE_TICK = 50_000_000
# File systems that keep whole seconds (or, on memory cards, even ones) show it in every time.
_COARSE_TICK = 2_500_000_000


def stamp_of(state: os.stat_result) -> Stamp:
    """What tells whether a file was touched."""
    return (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_mode)


def is_settled(stamp: Stamp, read_at: int) -> bool:
    """Whether any later write is bound to show: a file read at `read_at` (ns) with this stamp."""
    _, modified, changed, _, _ = stamp
    coarse = modified % _SECOND == 0 or changed % _SECOND == 0
    return max(modified, changed) + (_COARSE_TICK if coarse else _FINE_TICK) < read_at


class StatCache:
    """What the last scan of one Truss found, for the next one. Not to be shared by threads.

    Holds exactly the files of that scan, so it is as large as the Truss and forgets what is gone.
    """

    def __init__(self, folders: dict[Folder, dict[str, Known]] | None = None) -> None:
        self._folders = folders or {}
        self.unstored = 0  # bytes that would have to be read again without this
        self._rules: str | None = None
        self._arranged: tuple[list[str], dict[str, str], list[int]] | None = None

    def begin(self, rules: str) -> None:
        """Starts a scan under the ignore rules with this text.

        Known files are not matched against rules again, so other rules forget them all.
        """
        if self._rules != rules:
            self._folders, self._arranged = {}, None
            self._rules = rules

    def known(self, folder: Folder) -> dict[str, Known]:
        """The files that the last scan found in a folder, by their names on disk."""
        return self._folders.get(folder, {})

    def arrangement(self, paths: list[str], links: dict[str, str]) -> list[int] | None:
        """The order in which the last scan put these paths, once it had found them to be a tree;
        None when they are others."""
        if self._arranged is None:
            return None
        last_paths, last_links, order = self._arranged
        return order if paths == last_paths and links == last_links else None

    def arrange(self, paths: list[str], links: dict[str, str], order: list[int]) -> None:
        """Remembers that these paths and links are a tree, and their order."""
        self._arranged = (paths, links, order)

    def renew(self, folders: dict[Folder, dict[str, Known]], read: int) -> None:
        """Replaces what is known by what a scan has found, for which it read so many bytes."""
        self._folders = folders
        self.unstored += read

    def to_bytes(self) -> bytes:
        """For a file that `from_bytes` reads: a line with the digest of the rest, and the rest.

        Read in a fifth of the time that JSON takes, and as trustworthy as the byte code beside a
        module, which has the same form: for a folder that only its user can write.
        """
        folders = {
            folder: {name: (stamp, tuple(entry)) for name, (stamp, entry) in files.items()}
            for folder, files in self._folders.items()
        }
        content = marshal.dumps((_FORMAT, self._rules, folders), 4)
        return hashlib.sha256(content).hexdigest().encode() + b"\n" + content

    @classmethod
    def from_bytes(cls, stored: bytes) -> StatCache:
        """What was stored; an empty cache for anything damaged or of another version."""
        digest, _, content = stored.partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != digest:
            return cls()
        written, rules, folders = marshal.loads(content)
        if written != _FORMAT:
            return cls()
        cache = cls(
            {
                folder: {name: (stamp, Entry(*fields)) for name, (stamp, fields) in files.items()}
                for folder, files in folders.items()
            }
        )
        cache._rules = rules
        return cache
