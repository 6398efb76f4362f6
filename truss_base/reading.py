"""One file, read: its entry, what to know it by, and what can be wrong with it."""

from __future__ import annotations

import hashlib
import os
import stat
import time
import unicodedata
from typing import TYPE_CHECKING

from truss_base import paths
from truss_base.entry import Entry, link_entry
from truss_base.exceptions import PathError, UnreadablePath
from truss_base.stat_cache import is_settled, stamp_of

if TYPE_CHECKING:
    from pathlib import Path

    from truss_base.stat_cache import Stamp

_BLOCK = 1 << 20
# From here on a second thread is worth its while: hashing releases the interpreter's lock.
LARGE = 1 << 20
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    # A pipe that took the place of a file must not hold up the scan.
    | getattr(os, "O_NONBLOCK", 0)
)


def look(location: Path, path: str) -> Entry | None:
    """The entry of one file, read now; None when there is none.

    Raises PathError for what is no file, IsADirectoryError for a directory.
    """
    try:
        if location.is_symlink():
            return link_entry(path, str(location), link_target(str(location), path))
        state = location.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(str(location))
    return read(path, str(location))[0]


def read(path: str, location: str) -> tuple[Entry | None, Stamp | None]:
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
        require_file(path, stat.S_ISREG(state.st_mode))
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
    if expected < LARGE:
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


def unreadable(path: str, error: OSError) -> UnreadablePath:
    """What the system says about a file of the Truss."""
    return UnreadablePath(
        f"{path} cannot be read: {error.strerror}; change its permissions, or list it in "
        ".truss_ignore"
    )


def require_file(path: str, is_file: bool) -> None:
    """Raises PathError for what is none."""
    if not is_file:
        raise PathError(
            f"{path} is a pipe, a socket or a device: a Truss holds files, directories and "
            "symbolic links; remove it, or list it in .truss_ignore"
        )


def link_target(source: str, path: str) -> str:
    """What a symbolic link says, as every system spells it. Raises PathError where none can."""
    # Path.readlink() would tidy the text: `./a` would become `a`, and its digest another.
    text = os.readlink(source)  # noqa: PTH115
    if os.name == "nt":
        text = text.replace("\\", "/")
    text = unicodedata.normalize("NFC", text)
    if "\\" in text or not paths.is_utf8(text):
        raise PathError(f"{path} is a symbolic link to {text!r}, which other systems cannot spell")
    return text
