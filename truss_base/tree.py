"""The files that make up a Truss, read from a directory.

What belongs to a tree, how it is named and what its digest covers is defined, with the reasons, in
docs/hash-and-signature.md; this module is that definition as code.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from truss_base import paths
from truss_base.entry import ChangedMeanwhile
from truss_base.exceptions import NotATruss, PathError
from truss_base.ignore import IgnoreRules
from truss_base.stat_cache import StatCache
from truss_base.walking import Walk, collision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from truss_base.entry import Entry

CONFIG_FILE = "config.yaml"

# Whoever saves a file more often than this within milliseconds is not an editor.
_ATTEMPTS = 5
_T = TypeVar("_T")


def scan(
    truss_dir: Path | str, *, external_packages: bool = True, cache: StatCache | None = None
) -> tuple[Entry, ...]:
    """Every entry of the Truss in `truss_dir`, in the UTF-8 order of their paths.

    With `external_packages` the contents of the config's `external_package_dirs` appear below its
    `bundled_packages_dir`. Pass False for a release, which already holds them there. Files that
    `cache` knows are not read again; it is brought up to date.

    Raises NotATruss, UnreadablePath for what cannot be read, PathError for what has no place in a
    Truss (a link that leaves, a name that is not UTF-8, two files of one name, a pipe or a socket),
    ConfigError when the external packages are asked for and cannot be known.
    """
    root = truss_root(truss_dir)
    rules = IgnoreRules.load(root)
    cache = cache or StatCache()
    cache.begin(rules.text)
    walk = Walk(rules, cache)
    for source, base in [(root, ""), *(external_roots(root) if external_packages else ())]:
        walk.enter(source, base)
    return _arranged(walk, cache)


def check_places(truss_dir: Path | str) -> None:
    """Looks at every name in the Truss, and reads no file. Raises what `scan` raises for them."""
    root = truss_root(truss_dir)
    walk = Walk(IgnoreRules.load(root), StatCache())
    walk.enter(root, "")
    for base, entries in walk.unread():
        _check_tree(entries)
        _refuse_leaving_links(entries, base)


def consistent(
    truss_dir: Path | str,
    reader: Callable[[tuple[Entry, ...]], _T],
    *,
    external_packages: bool = True,
    cache: StatCache | None = None,
) -> _T:
    """What `reader` makes of the scanned entries, all read in one and the same state.

    Scans again when a file is saved between the scan and its reading.
    """

    def scanned() -> tuple[Entry, ...]:
        return scan(truss_dir, external_packages=external_packages, cache=cache)

    for _ in range(_ATTEMPTS - 1):
        entries = scanned()
        try:
            return reader(entries)
        except ChangedMeanwhile:
            continue
    return reader(scanned())


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


def external_roots(root: Path) -> Sequence[tuple[Path, str]]:
    """The external packages: each directory, and the path below which its files appear."""
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


def _arranged(walk: Walk, cache: StatCache) -> tuple[Entry, ...]:
    """The walk's entries in order, once they are known to be a tree.

    Raises PathError when they are none.
    """
    groups = walk.finish()
    found = [entry for _, entries in groups for entry in entries]
    names = [entry.path for entry in found]
    links = walk.links
    order = cache.arrangement(names, links)
    if order is None:
        _check_tree(found)
        for base, entries in groups:
            _refuse_leaving_links(entries, base)
        order = sorted(range(len(names)), key=lambda index: paths.utf8_order(names[index]))
        cache.arrange(names, links, order)
    return tuple([found[index] for index in order])


def _check_tree(found: Sequence[Entry]) -> None:
    by_path: dict[str, Entry] = {}
    for entry in found:
        if (first := by_path.setdefault(entry.path, entry)) is not entry:
            raise collision(entry.path, first.location, entry.location)
    if by_path[CONFIG_FILE].kind == "symlink":
        raise PathError(f"{CONFIG_FILE} is a symbolic link: it has to be a file")
    clash = paths.obstructed(by_path)
    if clash:
        raise collision(clash[0], *(by_path[path].location for path in clash))


def _refuse_leaving_links(entries: Sequence[Entry], base: str) -> None:
    links = {entry.path: entry.target for entry in entries if entry.target is not None}
    for path, target in links.items():
        if paths.leaves(path, target, links, base):
            raise PathError(
                f"{path} is a symbolic link to {target}, which leads out of the Truss: use a "
                "relative link that stays inside, or list it in .truss_ignore"
            )
