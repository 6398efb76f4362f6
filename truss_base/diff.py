"""From a signature to a directory: the patches that lead from the one to the other.

Needs only what the signature holds: hashes, the config's text, the requirements. Whole files
travel, so that a signature stays small.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from truss_base import paths, requirements, tree
from truss_base.entry import read
from truss_base.exceptions import ConfigError
from truss_base.loading import known_config
from truss_base.patch import (
    Action,
    Blob,
    ConfigPatch,
    EnvironmentVariablePatch,
    ExternalDataPatch,
    FilePatch,
    FileType,
    Patch,
    RequirementPatch,
    SystemPackagePatch,
    place,
)
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from truss_base.config import TrussConfig
    from truss_base.entry import Entry
    from truss_base.snapshot import Snapshot

# Above this, what is not text goes as a blob; above the other, whatever is not code.
INLINE_BYTES = 256 << 10
INLINE_TEXT_BYTES = 4 << 20

_ORDER = ("package", "data", "file", "model_code")


@dataclass(frozen=True, slots=True)
class Difference:
    """The patches, the signature of exactly the version that they lead to, and by their digests
    the files whose contents travel apart."""

    patches: list[Patch]
    signature: Signature
    blobs: Mapping[str, Entry] = field(default_factory=dict)

    @classmethod
    def between(cls, old: Signature, new: Signature, entries: Mapping[str, Entry]) -> Difference:
        """From one signature to another, given the entries of the new tree by path."""
        patches = diff_to(old, new, entries, read)
        apart = {p.blob.digest for p in patches if isinstance(p, FilePatch) and p.blob}
        blobs = {e.digest: e for e in entries.values() if e.digest in apart} if apart else {}
        return cls(patches, new, blobs)


def diff(old: Signature, truss_dir: Path | str) -> list[Patch]:
    """The patches from the signed Truss to the one in `truss_dir`, in a fixed order.

    Empty when both have the same hash. Raises what `difference` raises.
    """
    return difference(old, truss_dir).patches


def difference(old: Signature, truss_dir: Path | str) -> Difference:
    """As `diff`, with the signature that the patches lead to, taken from the same reading.

    Raises what `tree.scan` raises, and ConfigError when the new config is not valid.
    """

    def compare(entries: Sequence[Entry]) -> Difference:
        by_path = {entry.path: entry for entry in entries}
        return Difference.between(old, Signature.of_entries(entries), by_path)

    return tree.consistent(truss_dir, compare)


def difference_to(old: Signature, new: Snapshot) -> Difference:
    """As `difference`, to a snapshot: of the files, of few of them, or with unsaved texts.

    Raises ConfigError when the new config is not valid, ChangedMeanwhile when a file that is to
    be sent is no longer what the snapshot holds.
    """
    return Difference.between(old, new.signature, new.entries)


def diff_to(
    old: Signature, new: Signature, entries: Mapping[str, Entry], read: Callable[[Entry], bytes]
) -> list[Patch]:
    """The patches from one signature to another, given the entries of the new tree by path.

    Pure but for `read`, which is asked for the contents of what was added or changed, only.
    """
    if old.hash == new.hash:
        return []
    config = _config_after(new.config)
    before = _config_before(old.config)
    return [
        *_system_packages(before.system_packages, config.system_packages),
        *_requirements(
            [*before.requirements, *_from_file(old, new, before)],
            [*config.requirements, *_from_file(new, old, config)],
        ),
        *_environment(before.environment_variables, config.environment_variables),
        *_external_data(before.external_data or (), config.external_data or ()),
        *_config(old, new, config),
        *_files(old, new, entries, config, read),
    ]


# Most saves leave the config as it is, and nothing here changes a config.
@lru_cache(maxsize=4)
def _config_after(text: str) -> TrussConfig:
    from truss_base.config import TrussConfig

    return TrussConfig.from_text(text)


@lru_cache(maxsize=4)
def _config_before(text: str) -> TrussConfig:
    from truss_base.config import TrussConfig

    try:
        return known_config(text)
    except ConfigError:
        return TrussConfig.tolerant({})


def _system_packages(before: Iterable[str], after: Iterable[str]) -> Iterator[Patch]:
    for package in sorted(set(before) - set(after)):
        yield SystemPackagePatch(Action.REMOVE, package)
    for package in sorted(set(after) - set(before)):
        yield SystemPackagePatch(Action.ADD, package)


def _requirements(before: Iterable[str], after: Iterable[str]) -> Iterator[Patch]:
    old, new = _by_key(before), _by_key(after)
    for key in sorted(set(old) - set(new)):
        yield RequirementPatch(Action.REMOVE, key)
    for key in sorted(new):
        action = Action.UPDATE if key in old else Action.ADD
        for requirement in sorted(new[key] - old.get(key, set())):
            yield RequirementPatch(action, requirement)


def _from_file(signature: Signature, other: Signature, config: TrussConfig) -> list[str]:
    """The requirements of a version's file; none when the other version has the same file.

    They depend on the Python that read them (see `requirements.parse`), its digest does not.
    """
    if not config.requirements_file:
        return signature.requirements_file_requirements
    path = paths.normalize(config.requirements_file)
    digest = signature.content_hashes_by_path.get(path)
    unchanged = digest is not None and digest == other.content_hashes_by_path.get(path)
    return [] if unchanged else signature.requirements_file_requirements


def _by_key(lines: Iterable[str]) -> dict[str, set[str]]:
    # One project may have several lines, with different markers.
    found: dict[str, set[str]] = {}
    for line in lines:
        found.setdefault(requirements.key(line), set()).add(line)
    return found


def _environment(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Patch]:
    for name in sorted(set(before) - set(after)):
        yield EnvironmentVariablePatch(Action.REMOVE, {name: before[name]})
    for name in sorted(after):
        if before.get(name) != after[name]:
            action = Action.UPDATE if name in before else Action.ADD
            yield EnvironmentVariablePatch(action, {name: after[name]})


def _external_data(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> Iterator[Patch]:
    old, new = [dict(item) for item in before], [dict(item) for item in after]
    for item in old:
        if item not in new:
            yield ExternalDataPatch(Action.REMOVE, item)
    for item in new:
        if item not in old:
            yield ExternalDataPatch(Action.ADD, item)


def _config(old: Signature, new: Signature, config: TrussConfig) -> Iterator[Patch]:
    path = tree.CONFIG_FILE
    if old.content_hashes_by_path.get(path) != new.content_hashes_by_path[path]:
        yield ConfigPatch(Action.UPDATE, path, config.to_dict(verbose=True), new.config)


def _files(
    old: Signature,
    new: Signature,
    entries: Mapping[str, Entry],
    config: TrussConfig,
    read: Callable[[Entry], bytes],
) -> list[FilePatch]:
    before, after = old.content_hashes_by_path, new.content_hashes_by_path
    changed = new.changed_since(old)
    added = sum(path not in before for path in changed)
    removed: Iterable[str] = ()
    if len(before) + added > len(after):
        removed = before.keys() - after.keys()
    patches = [_removed(path, config) for path in removed]
    patches += [
        _written(entries[path], path in before, config, read)
        for path in changed
        if path != tree.CONFIG_FILE
    ]
    return sorted(patches, key=_rank)


def _removed(path: str, config: TrussConfig) -> FilePatch:
    kind, rest = place(path, config)
    return FilePatch(kind, Action.REMOVE, rest)


def _written(
    entry: Entry, existed: bool, config: TrussConfig, read: Callable[[Entry], bytes]
) -> FilePatch:
    kind, rest = place(entry.path, config)
    action = Action.UPDATE if existed else Action.ADD
    if entry.kind == "symlink":
        return FilePatch(kind, action, rest, symlink=entry.target)
    blob = Blob(entry.digest, entry.size)
    if _travels_apart(entry, kind):
        return FilePatch(kind, action, rest, mode=_mode(entry), blob=blob)
    content = read(entry)
    if entry.size > INLINE_BYTES and not paths.is_utf8_bytes(content):
        return FilePatch(kind, action, rest, mode=_mode(entry), blob=blob)
    return FilePatch(kind, action, rest, content, _mode(entry))


def _travels_apart(entry: Entry, kind: FileType) -> bool:
    """Whether a file goes as a blob whatever is in it.

    What a plan reads (code, requirements, settings) goes with the patch; data and what is too
    large to be text do not.
    """
    if entry.content is not None or entry.path.endswith(".py"):
        return False
    return entry.size > (INLINE_BYTES if kind == "data" else INLINE_TEXT_BYTES)


def _mode(entry: Entry) -> int | None:
    # Windows keeps no executable bit: what the container has is left as it is.
    if os.name == "nt":
        return None
    return 0o755 if entry.executable else 0o644


def _rank(patch: FilePatch) -> tuple[int, bool, bytes]:
    # Removals first: a file may make room for a directory of its name.
    return _ORDER.index(patch.type), patch.action is not Action.REMOVE, paths.utf8_order(patch.path)
