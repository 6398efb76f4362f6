"""Reads a directory: one listing per folder, one look per file, one reading per new content."""

from __future__ import annotations

import hashlib
import os
import stat
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from truss_base import paths
from truss_base.entry import Entry, link_entry
from truss_base.exceptions import PathError, UnreadablePath
from truss_base.stat_cache import StatCache, is_settled, stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_base.ignore import IgnoreRules
    from truss_base.stat_cache import Folder, Known, Stamp

_BLOCK = 1 << 20
_PAGE = 1 << 12  # what the smallest file costs to read
# From here on a second thread is worth its while: hashing releases the interpreter's lock.
_LARGE = 1 << 20
_READERS = min(4, os.cpu_count() or 1)
_OPEN_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    # A pipe that took the place of a file must not hold up the scan.
    | getattr(os, "O_NONBLOCK", 0)
)


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
                self.links[path] = _link_target(location, path)
                found.append(link_entry(path, location, self.links[path]))
                return
            size = item.stat(follow_symlinks=False).st_size
            _require_file(path, item.is_file(follow_symlinks=False))
        except FileNotFoundError:
            return
        except OSError as error:
            raise unreadable(path, error) from error
        place = (found, len(found))
        self._unread.append(_Unread(*place, path, location, size, item.name, files))
        found.append(None)


def look(location: Path, path: str) -> Entry | None:
    """The entry of one file, read now; None when there is none.

    Raises PathError for what is no file, IsADirectoryError for a directory.
    """
    try:
        if location.is_symlink():
            return link_entry(path, str(location), _link_target(str(location), path))
        state = location.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(str(location))
    return _read(path, str(location))[0]


def collision(path: str, first: str, second: str) -> PathError:
    """Two files of one name."""
    first, second = sorted((first, second))
    return PathError(
        f"{path} exists twice, as {first} and as {second}: a Truss has one file of a name; "
        "rename or remove one of them"
    )


def unreadable(path: str, error: OSError) -> UnreadablePath:
    """What the system says about a file of the Truss."""
    return UnreadablePath(
        f"{path} cannot be read: {error.strerror}; change its permissions, or list it in "
        ".truss_ignore"
    )


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
    large = [file for file in unread if file.size >= _LARGE]
    small = [file for file in unread if file.size < _LARGE]
    with ThreadPoolExecutor(_READERS) as readers:
        # No thread is started for no work.
        reading = readers.map(lambda file: _read(file.path, file.location), large)
        for file in small:
            yield file, _read(file.path, file.location)
        yield from zip(large, reading, strict=True)


def _read(path: str, location: str) -> tuple[Entry | None, Stamp | None]:
    """The entry of a file, and what to know it by; None where that is not safe to trust."""
    try:
        descriptor = os.open(location, _OPEN_FLAGS)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        # The stamp is older than every byte read, so whatever is written meanwhile changes it.
        read_at = time.time_ns()
        state = os.fstat(descriptor)
        _require_file(path, stat.S_ISREG(state.st_mode))
        digest, size = _digest(descriptor, state.st_size)
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(descriptor)
    executable = os.name != "nt" and bool(state.st_mode & 0o100)
    stamp = stamp_of(state)
    trusted = stamp if is_settled(stamp, read_at) and size == state.st_size else None
    return Entry(path, digest, "file", executable, size, location), trusted


def _digest(descriptor: int, expected: int) -> tuple[str, int]:
    """The sha256 of a file's bytes, and their number."""
    if expected < _LARGE:
        # One byte more than there should be: a short reading is the end of the file.
        content = os.read(descriptor, expected + 1)
        if len(content) <= expected:
            return hashlib.sha256(content).hexdigest(), len(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
    digest, size = hashlib.sha256(), 0
    with memoryview(bytearray(_BLOCK)) as block, open(descriptor, "rb", 0, closefd=False) as file:
        while count := file.readinto(block):
            digest.update(block[:count])
            size += count
    return digest.hexdigest(), size


def _require_file(path: str, is_file: bool) -> None:
    if not is_file:
        raise PathError(
            f"{path} is a pipe, a socket or a device: a Truss holds files, directories and "
            "symbolic links; remove it, or list it in .truss_ignore"
        )


def _link_target(source: str, path: str) -> str:
    # Path.readlink() would tidy the text: `./a` would become `a`, and its digest another.
    text = os.readlink(source)  # noqa: PTH115
    if os.name == "nt":
        text = text.replace("\\", "/")
    text = unicodedata.normalize("NFC", text)
    if "\\" in text or not paths.is_utf8(text):
        raise PathError(f"{path} is a symbolic link to {text!r}, which other systems cannot spell")
    return text
