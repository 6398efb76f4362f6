"""Writes a new release: its tree, its complete config, and last the record of it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from control.plane.exceptions import ForeignChange, HashMismatch
from control.plane.failpoints import reach
from control.plane.releases.complete_config import complete_json, read_config
from control.plane.releases.content import Assembled, Copied, Kept, Linked, Written
from control.plane.releases.directory import Directory, open_directory
from control.plane.releases.manifest import FileRecord
from control.plane.releases.release import (
    COMPLETE_CONFIG,
    RECORD,
    TREE,
    Release,
    assigned,
    now,
)
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from control.plane.releases.content import Content
    from control.plane.releases.manifest import Manifest


def stage_release(
    root: Path, base: Release | None, contents: Mapping[str, Content], digest: str
) -> Release:
    """Fills the new directory `root` with the version `digest`, a successor of `base`.

    Raises what `stage_tree` does.
    """
    manifest = stage_tree(root / TREE, base.tree if base else None, contents)
    reach("stage.tree")
    release = Release(
        id=root.name,
        root=root,
        hash=digest,
        created=now(),
        environment=base.environment if base else {},
        secrets=base.secrets if base else [],
        manifest=manifest,
    )
    release = assigned(release, base.environment_id if base else None)
    with open_directory(root) as directory:
        release = _configured(release, base, directory)
        reach("stage.configured")
        # Last: with its record a release is complete.
        directory.write(RECORD, json.dumps(release.to_json()).encode())
    return release


def _configured(release: Release, base: Release | None, directory: Directory) -> Release:
    """The release with its complete config, and with what that says."""
    if base is not None and _has_same_config(release, base):
        # It is on disk already, and what a hot patch waits for is the disk.
        with open_directory(base.root) as old:
            directory.share(old, COMPLETE_CONFIG, executable=False)
        return release
    config = read_config(release.tree)
    directory.write(COMPLETE_CONFIG, complete_json(config))
    environment, secrets = dict(config.environment_variables), sorted(config.secrets)
    return replace(release, environment=environment, secrets=secrets)


def _has_same_config(release: Release, base: Release) -> bool:
    return release.manifest[CONFIG_FILE].digest == base.manifest[CONFIG_FILE].digest


def stage_tree(tree: Path, base: Path | None, contents: Mapping[str, Content]) -> Manifest:
    """Fills the new directory `tree`; unchanged files are shared with the tree at `base`.

    Raises:
        ForeignChange: an unchanged file is not what the old release recorded.
        HashMismatch: a copied file changed while it was read.
        UnsafePath: a path leads through a link.
        OSError: the disk is full, read-only, or broken.
    """
    tree.mkdir(mode=0o755)
    manifest: Manifest = {}
    with open_directory(tree) as new_root, open_directory(base or tree) as old_root:
        folders = _by_folder(contents)
        for number, (folder, names) in enumerate(folders.items()):
            if number == len(folders) // 2:
                reach("stage.half")
            parts = folder.split("/") if folder else []
            with new_root.below(parts, create=True) as new:
                manifest.update(_stage_folder(new, old_root, parts, names, contents))
    return manifest


def _by_folder(contents: Mapping[str, Content]) -> dict[str, list[str]]:
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for path in contents:
        folders[path.rpartition("/")[0]].append(path)
    return dict(sorted(folders.items()))


def _stage_folder(
    new: Directory,
    old_root: Directory,
    parts: list[str],
    paths: list[str],
    contents: Mapping[str, Content],
) -> Manifest:
    """Writes the files of one folder; the old folder is only opened when something is kept."""
    manifest: Manifest = {}
    kept = [path for path in paths if isinstance(contents[path], Kept)]
    if kept:
        with old_root.below(parts) as old:
            for path in kept:
                manifest[path] = _keep(new, old, path, contents[path])
    for path in paths:
        if path not in manifest:
            manifest[path] = _write(new, path, contents[path])
    return manifest


def _keep(new: Directory, old: Directory, path: str, content: Content) -> FileRecord:
    assert isinstance(content, Kept), "only what is kept is shared"
    record, name = content.record, path.rpartition("/")[2]
    try:
        stat = new.share(old, name, executable=record.executable)
    except FileNotFoundError:
        raise _foreign(path, "was deleted") from None
    if not record.matches(stat) and not _is_same(new, name, record):
        raise _foreign(path, "was changed")
    return FileRecord.of(record.digest, stat, record.target)


def _is_same(directory: Directory, name: str, record: FileRecord) -> bool:
    """Reads again what looks touched: a copy or a `touch` changes no content."""
    if record.target is not None:
        return directory.readlink(name) == record.target
    return directory.readlink(name) is None and directory.digest(name) == record.digest


def _foreign(path: str, what: str) -> ForeignChange:
    return ForeignChange(
        f"{path} {what} by the running model, so the new version cannot be built from the old "
        "one; save that file to include it in the patch, or rebuild"
    )


def _write(new: Directory, path: str, content: Content) -> FileRecord:
    name = path.rpartition("/")[2]
    if isinstance(content, Linked):
        return FileRecord.of(content.digest, new.symlink(name, content.target), content.target)
    if isinstance(content, Copied):
        digest, stat = new.copy(name, content.source, executable=content.executable)
        if digest != content.digest:
            raise HashMismatch(f"{path} changed while it was copied; try again")
        return FileRecord.of(digest, stat)
    if isinstance(content, Assembled):
        digest, stat = new.assemble(name, content)
        reach("blob.assembled")
        if digest != content.digest:
            raise HashMismatch(f"{path} could not be put together as announced; try again")
        return FileRecord.of(digest, stat)
    assert isinstance(content, Written), "every kind of content is handled"
    stat = new.write(name, content.content, executable=content.executable)
    return FileRecord.of(content.digest, stat)
