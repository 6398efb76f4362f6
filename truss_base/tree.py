"""The files that make up a Truss, read from a directory.

What belongs to a tree, how it is named and what its digest covers is defined, with the reasons, in
docs/hash-and-signature.md; this module is that definition as code.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from truss_base import paths
from truss_base.exceptions import NotATruss, PathError, UnreadablePath
from truss_base.ignore import IgnoreRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CONFIG_FILE = "config.yaml"

# Keeps the digest of a link apart from that of a file which holds the link's text.
_LINK_TAG = b"symlink\0"
_BLOCK = 1 << 20
# Whoever saves a file more often than this within milliseconds is not an editor.
_ATTEMPTS = 5
_T = TypeVar("_T")
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or symbolic link of a tree.

    `path` is normalised and relative to the Truss's root; `digest` is 64 hexadecimal digits;
    `size` counts the bytes that the digest covers; `source` is where it was read, which for an
    external package is outside the Truss; `target` is the text of a link, with `/` separators.
    """

    path: str
    digest: str
    kind: Literal["file", "symlink"]
    executable: bool
    size: int
    source: Path
    target: str | None = None


def scan(truss_dir: Path | str, *, external_packages: bool = True) -> tuple[Entry, ...]:
    """Every entry of the Truss in `truss_dir`, in the UTF-8 order of their paths.

    With `external_packages` the contents of the config's `external_package_dirs` appear below its
    `bundled_packages_dir`. Pass False for a release, which already holds them there.

    Raises NotATruss, UnreadablePath for what cannot be read, PathError for what has no place in a
    Truss (a link that leaves, a name that is not UTF-8, two files of one name, a pipe or a socket),
    ConfigError when the external packages are asked for and cannot be known.
    """
    root = truss_root(truss_dir)
    rules = IgnoreRules.load(root)
    found: dict[str, Entry] = {}
    for source, base in [(root, ""), *(_external_packages(root) if external_packages else ())]:
        links_before = len(found)
        for entry in _walk(source, base, rules):
            if entry.path in found:
                raise _collision(entry.path, found[entry.path].source, entry.source)
            found[entry.path] = entry
        _refuse_leaving_links(list(found.values())[links_before:], base)
    if found[CONFIG_FILE].kind == "symlink":
        raise PathError(f"{CONFIG_FILE} is a symbolic link: it has to be a file")
    clash = paths.obstructed(found)
    if clash:
        raise _collision(clash[0], found[clash[0]].source, found[clash[1]].source)
    return tuple(found[path] for path in sorted(found, key=paths.utf8_order))


class ChangedMeanwhile(UnreadablePath):
    """A file no longer has the content that was scanned."""


def read(entry: Entry) -> bytes:
    """The content of a file that `scan` found. Raises ChangedMeanwhile when it has another now."""
    try:
        content = entry.source.read_bytes()
    except FileNotFoundError:
        content = b""
    if hashlib.sha256(content).hexdigest() != entry.digest:
        raise ChangedMeanwhile(f"{entry.path} changed while it was read: try again in a moment")
    return content


def consistent(
    truss_dir: Path | str,
    reader: Callable[[tuple[Entry, ...]], _T],
    *,
    external_packages: bool = True,
) -> _T:
    """What `reader` makes of the scanned entries, all read in one and the same state.

    Scans again when a file is saved between the scan and its reading.
    """
    for _ in range(_ATTEMPTS - 1):
        entries = scan(truss_dir, external_packages=external_packages)
        try:
            return reader(entries)
        except ChangedMeanwhile:
            continue
    return reader(scan(truss_dir, external_packages=external_packages))


def truss_root(truss_dir: Path | str) -> Path:
    """The resolved directory of a Truss. Raises NotATruss saying what is missing."""
    try:
        root = Path(truss_dir).resolve(strict=True)
        if not root.is_dir():
            raise NotATruss(f"{truss_dir} is no Truss: it is a file, not a directory")
        if not (root / CONFIG_FILE).is_file():
            raise NotATruss(f"{truss_dir} is no Truss: {_what_is_missing(root)}")
    except FileNotFoundError:
        raise NotATruss(f"{truss_dir} is no Truss: there is no such directory") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links before Python 3.13
        raise NotATruss(f"{truss_dir} is no Truss: it cannot be read ({error})") from error
    return root


def _what_is_missing(root: Path) -> str:
    if (root / "config.yml").is_file():
        return f"{CONFIG_FILE} is missing; rename config.yml to {CONFIG_FILE}"
    if not (root / "model" / "model.py").is_file():
        return f"{CONFIG_FILE} and model/model.py are missing"
    return f"{CONFIG_FILE} is missing"


def link_digest(target: str) -> str:
    """The digest of a symbolic link with the text `target`."""
    return hashlib.sha256(_LINK_TAG + target.encode()).hexdigest()


def _external_packages(root: Path) -> Sequence[tuple[Path, str]]:
    text = (root / CONFIG_FILE).read_bytes().decode("utf-8", "replace")
    # Most Trusses have none; they are hashed without loading the config, even a broken one.
    if "external_package_dirs" not in text:
        return ()
    from truss_base.loading import known_config

    config = known_config(text)
    base = paths.directory(config.bundled_packages_dir)
    found = []
    for name in config.external_package_dirs:
        source = (root / name).resolve()
        if not source.is_dir():
            raise PathError(
                f"external_package_dirs: {name} is not a directory (it would be {source})"
            )
        found.append((source, base))
    return found


def _walk(source: Path, base: str, rules: IgnoreRules) -> Iterator[Entry]:
    """Every entry below `source`, named below `base`. Ignored directories are not looked into."""
    ahead = [(str(source), base)]
    while ahead:
        directory, prefix = ahead.pop()
        names: dict[str, str] = {}
        for item in _listed(directory, prefix):
            name = unicodedata.normalize("NFC", item.name)
            path = f"{prefix}/{name}" if prefix else name
            is_dir = item.is_dir(follow_symlinks=False)
            if rules.ignores_entry(path, is_dir):
                continue
            paths.normalize(path)
            if names.setdefault(name, item.name) != item.name:
                raise _collision(path, Path(directory, names[name]), Path(item.path))
            if is_dir:
                ahead.append((item.path, path))
                continue
            entry = _entry(item, path)
            if entry is not None:
                yield entry


def _listed(directory: str, path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as items:
            return sorted(items, key=lambda item: item.name)
    except FileNotFoundError:
        return []  # deleted since its parent was listed
    except OSError as error:
        raise _unreadable(path or directory, error) from error


def _entry(item: os.DirEntry[str], path: str) -> Entry | None:
    """The entry of one directory item; None when it was deleted since it was listed."""
    try:
        if item.is_symlink():
            target = _link_target(item.path, path)
            size = len(_LINK_TAG) + len(target.encode())
            return Entry(path, link_digest(target), "symlink", False, size, Path(item.path), target)
        if not item.is_file(follow_symlinks=False):
            raise PathError(
                f"{path} is a pipe, a socket or a device: a Truss holds files, directories and "
                "symbolic links; remove it, or list it in .truss_ignore"
            )
        digest, size, executable = _read(item.path)
        return Entry(path, digest, "file", executable, size, Path(item.path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(path: str) -> tuple[str, int, bool]:
    """The sha256 of a file's bytes, their number, and whether its owner may execute it."""
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        digest = hashlib.sha256()
        size = 0
        while True:
            block = os.read(descriptor, _BLOCK)
            digest.update(block)
            size += len(block)
            if len(block) < _BLOCK:
                break
        executable = os.name != "nt" and bool(os.fstat(descriptor).st_mode & 0o100)
        return digest.hexdigest(), size, executable
    finally:
        os.close(descriptor)


def _link_target(source: str, path: str) -> str:
    # Path.readlink() would tidy the text: `./a` would become `a`, and its digest another.
    text = os.readlink(source)  # noqa: PTH115
    if os.name == "nt":
        text = text.replace("\\", "/")
    text = unicodedata.normalize("NFC", text)
    if "\\" in text or not paths.is_utf8(text):
        raise PathError(f"{path} is a symbolic link to {text!r}, which other systems cannot spell")
    return text


def _refuse_leaving_links(entries: Sequence[Entry], base: str) -> None:
    links = {entry.path: entry.target for entry in entries if entry.target is not None}
    for path, target in links.items():
        if paths.leaves(path, target, links, base):
            raise PathError(
                f"{path} is a symbolic link to {target}, which leads out of the Truss: use a "
                "relative link that stays inside, or list it in .truss_ignore"
            )


def _collision(path: str, first: Path, second: Path) -> PathError:
    return PathError(
        f"{path} exists twice, as {first} and as {second}: a Truss has one file of a name; "
        "rename or remove one of them"
    )


def _unreadable(path: str, error: OSError) -> UnreadablePath:
    return UnreadablePath(
        f"{path} cannot be read: {error.strerror}; change its permissions, or list it in "
        ".truss_ignore"
    )
