"""Directories held open by descriptor, so that no path is ever followed through a link.

Every operation names one component below an open directory and refuses links (`O_NOFOLLOW`). What
a model or anybody else does to the names meanwhile cannot lead a write outside its root.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import sys
from typing import TYPE_CHECKING

from control.plane.exceptions import UnsafePath

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from hashlib import _Hash as Hash
    from pathlib import Path

    from control.plane.releases.content import Assembled, Piece

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 1 << 20
# Blobs above this are verified and on disk before they have a name: see `control.plane.blobs`.
LINKED_BYTES = 1 << 20
# Systems and file systems that cannot share a file between two names get a copy.
NO_HARD_LINKS = frozenset({errno.EMLINK, errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP})


class Directory:
    """One open directory; use `open_directory` or `below` in a `with`."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._fd = descriptor
        self._name = name

    @contextlib.contextmanager
    def below(self, parts: Sequence[str], *, create: bool = False) -> Iterator[Directory]:
        """The directory `parts` further down, made on the way with `create`.

        Raises:
            UnsafePath: a component is a link or a file.
        """
        descriptor = os.dup(self._fd)
        try:
            for part in parts:
                descriptor = _step(descriptor, part, create=create)
            yield Directory(descriptor, "/".join([self._name, *parts]))
        finally:
            os.close(descriptor)

    def write(self, name: str, content: bytes, *, executable: bool = False) -> os.stat_result:
        """Creates a file with these bytes; never replaces one."""
        with os.fdopen(self._create(name, executable), "wb") as file:
            file.write(content)
            file.flush()
            return os.fstat(file.fileno())

    def copy(self, name: str, source: Path, *, executable: bool) -> tuple[str, os.stat_result]:
        """Creates a file with the bytes of `source`; gives their sha256 as well."""
        descriptor = os.open(source, _READ)
        with os.fdopen(descriptor, "rb") as reader:
            return self._copy_from(reader.fileno(), name, executable)

    def assemble(self, name: str, content: Assembled) -> tuple[str, os.stat_result]:
        """Creates a file from its pieces; gives their sha256 as well.

        A file that is there as a whole, verified and on disk, gets a second name instead.
        """
        if (state := self._adopt(name, content)) is not None:
            return content.digest, state
        digest = hashlib.sha256()
        with os.fdopen(self._create(name, content.executable), "wb") as file:
            for piece in content.pieces:
                descriptor = os.open(piece.path, _READ)
                try:
                    _pump(descriptor, file.fileno(), digest, piece)
                finally:
                    os.close(descriptor)
            return digest.hexdigest(), os.fstat(file.fileno())

    def link(self, name: str, source: Path) -> None:
        """Gives a file that is ours a second name here."""
        os.link(source, name, dst_dir_fd=self._fd, follow_symlinks=False)

    def share(self, other: Directory, name: str, *, executable: bool) -> os.stat_result:
        """Gives the file `name` of `other` the same name here: one file on disk, two names."""
        try:
            os.link(name, name, src_dir_fd=other._fd, dst_dir_fd=self._fd, follow_symlinks=False)
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            descriptor = os.open(name, _READ, dir_fd=other._fd)
            with os.fdopen(descriptor, "rb") as reader:
                return self._copy_from(reader.fileno(), name, executable)[1]
        return self.stat(name)

    def symlink(self, name: str, target: str) -> os.stat_result:
        """Creates a symbolic link."""
        os.symlink(target, name, dir_fd=self._fd)
        return self.stat(name)

    def readlink(self, name: str) -> str | None:
        """The target of a symbolic link, None for anything else."""
        try:
            return os.readlink(name, dir_fd=self._fd)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise

    def stat(self, name: str) -> os.stat_result:
        """The state of an entry itself, not of what it points to."""
        return os.stat(name, dir_fd=self._fd, follow_symlinks=False)

    def read(self, name: str) -> bytes:
        """The bytes of a regular file."""
        descriptor = os.open(name, _READ, dir_fd=self._fd)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnsafePath(f"{self._name}/{name} is not a regular file")
            return file.read()

    def digest(self, name: str) -> str:
        """The sha256 of a regular file's bytes."""
        descriptor = os.open(name, _READ, dir_fd=self._fd)
        with os.fdopen(descriptor, "rb") as file:
            digest = hashlib.sha256()
            _pump(file.fileno(), None, digest)
            return digest.hexdigest()

    def sync(self) -> None:
        """Brings the names in this directory to disk."""
        os.fsync(self._fd)

    def _adopt(self, name: str, content: Assembled) -> os.stat_result | None:
        """Gives the one large file that is the whole content a name here, where that can be."""
        if len(content.pieces) != 1 or content.pieces[0].size <= LINKED_BYTES:
            return None
        source = content.pieces[0].path
        state = source.lstat()
        mode = 0o755 if content.executable else 0o644
        if stat.S_IMODE(state.st_mode) != mode or state.st_size != content.pieces[0].size:
            return None
        try:
            self.link(name, source)
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            return None
        return self.stat(name)

    def _create(self, name: str, executable: bool) -> int:
        descriptor = os.open(name, _CREATE, 0o600, dir_fd=self._fd)
        # Whatever the umask, a release has the two modes that a Truss knows.
        os.fchmod(descriptor, 0o755 if executable else 0o644)
        return descriptor

    def _copy_from(self, reader: int, name: str, executable: bool) -> tuple[str, os.stat_result]:
        with os.fdopen(self._create(name, executable), "wb") as file:
            digest = hashlib.sha256()
            _pump(reader, file.fileno(), digest)
            return digest.hexdigest(), os.fstat(file.fileno())


@contextlib.contextmanager
def open_directory(path: Path) -> Iterator[Directory]:
    """The directory at a path that is ours."""
    descriptor = os.open(path, _DIRECTORY)
    try:
        yield Directory(descriptor, path.name)
    finally:
        os.close(descriptor)


def read_file(root: Path, path: str) -> bytes:
    """The bytes of the regular file at the normalised `path` below `root`.

    Raises:
        UnsafePath: it is reached through a link.
        OSError: there is none.
    """
    *folders, name = path.split("/")
    with open_directory(root) as top, top.below(folders) as folder:
        return folder.read(name)


def remove_tree(path: Path) -> None:
    """Removes a directory of ours with all that is in it; links are removed, not followed."""
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except OSError:
        # A model may have taken away the write permission of its own directories.
        for folder, _, _ in os.walk(path):
            with contextlib.suppress(OSError):
                os.chmod(folder, 0o700)  # noqa: PTH101 - os.walk gives text
        shutil.rmtree(path, ignore_errors=True)


def _step(descriptor: int, part: str, *, create: bool) -> int:
    """Opens `part` below `descriptor`, which is closed."""
    try:
        if create:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=descriptor)
        deeper = os.open(part, _DIRECTORY, dir_fd=descriptor)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise UnsafePath(f"{part!r} is a link or a file where a directory is needed") from error
        raise
    os.close(descriptor)
    return deeper


def _pump(reader: int, writer: int | None, digest: Hash, piece: Piece | None = None) -> None:
    """Hashes the bytes of a file, or a piece of them, on their way to another one."""
    remaining = sys.maxsize if piece is None else piece.size
    if piece is not None:
        os.lseek(reader, piece.offset, os.SEEK_SET)
    while block := os.read(reader, min(_BLOCK, remaining)):
        remaining -= len(block)
        digest.update(block)
        view = memoryview(block)
        while writer is not None and view:
            view = view[os.write(writer, view) :]
