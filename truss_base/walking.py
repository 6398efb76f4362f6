"""Reads a directory: one listing per folder, one look per file, one reading per new content."""

from __future__ import annotations

import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from truss_base import paths, reading
from truss_base.entry import Entry, link_entry
from truss_base.exceptions import PathError
from truss_base.reading import LARGE, link_target, require_file, unreadable
from truss_base.stat_cache import StatCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from truss_base.ignore import IgnoreRules
    from truss_base.stat_cache import Folder, Known, Stamp

_PAGE = 1 << 12  # what the smallest file costs to read
_READERS = min(4, os.cpu_count() or 1)
_OPEN_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class _Unread(NamedTuple):
    """A file whose content is not known: where it goes among the entries, and in which folder."""

    found: list[Entry | None]
    position: int
    path: str
    location: str
    size: int
    name: str
    files: dict[str, Known]


class Walk:
    """One scan: folder after folder, then `finish`."""

    def __init__(self, rules: IgnoreRules, cache: StatCache) -> None:
        self._rules = rules
        self._cache = cache
        self._roots: list[tuple[str, list[Entry | None]]] = []
        self._unread: list[_Unread] = []
        self._folders: dict[Folder, dict[str, Known]] = {}
        self.links: dict[str, str] = {}  # paths and texts of the symbolic links

    def enter(self, source: Path, base: str) -> None:
        """Looks at every file below `source`, named below `base`, except what is ignored."""
        self._roots.append((base, []))
        ahead = [(str(source), base)]
        while ahead:
            ahead += self._folder(*ahead.pop())

    def finish(self) -> list[tuple[str, list[Entry]]]:
        """Reads what is new; the base of each source with its entries, as directories list them."""
        learned = 0
        for file, (entry, stamp) in _read_all(self._unread):
            file.found[file.position] = entry
            if entry is not None and stamp is not None:
                file.files[file.name] = (stamp, entry)
                learned += max(file.size, _PAGE)
        self._cache.renew(self._folders, learned)
        return [(base, [entry for entry in found if entry]) for base, found in self._roots]

    def unread(self) -> list[tuple[str, list[Entry]]]:
        """As `finish`, for who asks for names only: nothing is read, no file has a digest."""
        for file in self._unread:
            file.found[file.position] = Entry(
                file.path, "", "file", False, file.size, file.location
            )
        return [(base, [entry for entry in found if entry]) for base, found in self._roots]

    def _folder(self, directory: str, prefix: str) -> list[Folder]:
        """Looks at one folder; gives those in it."""
        known = self._cache.known((directory, prefix))
        deeper: dict[str, Folder] = {}
        with _Listing(directory, prefix) as items:
            same, others = _compared(items, known)
            files = known if len(same) == len(known) else {name: known[name] for name in same}
            self._roots[-1][1].extend([entry for _, entry in files.values()])
            if others:
                files = dict(files)
            for item in others:
                self._new(item, directory, prefix, files, deeper)
        self._folders[directory, prefix] = files
        return list(deeper.values())

    def _new(
        self,
        item: os.DirEntry[str],
        directory: str,
        prefix: str,
        files: dict[str, Known],
        deeper: dict[str, Folder],
    ) -> None:
        found = self._roots[-1][1]
        path = paths.join(prefix, unicodedata.normalize("NFC", item.name))
        location = os.path.join(directory, item.name)  # noqa: PTH118 - five times as fast as Path
        is_dir = item.is_dir(follow_symlinks=False)
        if self._rules.ignores_entry(path, is_dir):
            return
        paths.normalize(path)
        if is_dir:
            if path in deeper:
                raise collision(path, deeper[path][0], location)
            deeper[path] = (location, path)
            return
        try:
            if item.is_symlink():
                self.links[path] = link_target(location, path)
                found.append(link_entry(path, location, self.links[path]))
                return
            size = item.stat(follow_symlinks=False).st_size
            require_file(path, item.is_file(follow_symlinks=False))
        except FileNotFoundError:
            return
        except OSError as error:
            raise unreadable(path, error) from error
        place = (found, len(found))
        self._unread.append(_Unread(*place, path, location, size, item.name, files))
        found.append(None)


class _Listing:
    """The items of one folder, in a `with`. Where the system can, the folder stays open meanwhile:
    a look at an item is then one step, however deep the folder lies."""

    def __init__(self, directory: str, path: str) -> None:
        self._directory = directory
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> list[os.DirEntry[str]]:
        try:
            if os.scandir in os.supports_fd:
                self._descriptor = os.open(self._directory, _OPEN_FOLDER)
            with os.scandir(self._descriptor or self._directory) as items:
                return list(items)
        except FileNotFoundError:
            self._close()
            return []  # deleted since its parent was listed
        except OSError as error:
            self._close()
            raise unreadable(self._path or self._directory, error) from error

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _compared(
    items: list[os.DirEntry[str]], known: Mapping[str, Known]
) -> tuple[list[str], list[os.DirEntry[str]]]:
    """The names of those items that are the files they were, and the other items.

    This is where the time of a scan goes: tens of thousands of turns, and no call in them but the
    system's.
    """
    same, others = [], []
    for item in items:
        hit = known.get(item.name)
        if hit is not None:
            try:
                now = item.stat(follow_symlinks=False)
            except OSError:
                others.append(item)  # the closer look says what is wrong with it
                continue
            stamp = (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino, now.st_mode)
            if stamp == hit[0]:
                same.append(item.name)
                continue
        others.append(item)
    return same, others


def _read_all(unread: list[_Unread]) -> Iterator[tuple[_Unread, tuple[Entry | None, Stamp | None]]]:
    """Every file read: large ones side by side, small ones here, where they take no thread."""
    large = [file for file in unread if file.size >= LARGE]
    small = [file for file in unread if file.size < LARGE]
    with ThreadPoolExecutor(_READERS) as readers:
        # No thread is started for no work.
        begun = readers.map(lambda file: reading.read(file.path, file.location), large)
        for file in small:
            yield file, reading.read(file.path, file.location)
        yield from zip(large, begun, strict=True)


def collision(path: str, first: str, second: str) -> PathError:
    """Two files of one name."""
    first, second = sorted((first, second))
    return PathError(
        f"{path} exists twice, as {first} and as {second}: a Truss has one file of a name; "
        "rename or remove one of them"
    )
