"""What patches do to a tree, as a pure function: the meaning of a patch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from truss_base import paths
from truss_base.exceptions import PatchError, PathError
from truss_base.patch.place import tree_path
from truss_base.patch.types import CONFIG_PATH, Action, Blob, ConfigPatch, FilePatch, Patch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from truss_base.config import TrussConfig


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file in a tree held in memory, or a symbolic link when `symlink` is its text.

    `mode` is None where nothing says whether the file is executable: as it was, else 0o644.
    `content` is empty where a `blob` names it.
    """

    content: bytes = b""
    mode: int | None = 0o644
    symlink: str | None = None
    blob: Blob | None = None


def config_after(patches: Sequence[Patch], config: TrussConfig) -> TrussConfig:
    """The config that holds after `patches` were applied to a Truss with `config`. The text decides
    where a patch carries both it and its values.

    Accepts what a newer version of the config may contain. Raises ConfigError for a text that is no
    config at all.
    """
    from truss_base.config import TrussConfig
    from truss_base.loading import known_config

    for patch in patches:
        if isinstance(patch, ConfigPatch):
            if patch.content is None:
                return TrussConfig.tolerant(patch.config)
            return known_config(patch.content)
    return config


def file_changes(patches: Sequence[Patch], config: TrussConfig) -> dict[str, TreeFile | None]:
    """What to write (or None: to remove) at which path from the Truss's root.

    `config` is the one that holds after the patches. Raises PathError for a path that leaves,
    PatchError when two patches write the same file.
    """
    changes: dict[str, TreeFile | None] = {}
    for patch in patches:
        if not isinstance(patch, FilePatch | ConfigPatch):
            continue
        path = tree_path(patch, config)
        if path == CONFIG_PATH and isinstance(patch, FilePatch):
            raise PatchError(f"{CONFIG_PATH} is changed by a config patch, not by {patch.type}")
        if path in changes:
            raise PatchError(f"two patches change {path}: send one")
        changes[path] = _written(patch)
    return changes


def _written(patch: FilePatch | ConfigPatch) -> TreeFile | None:
    if isinstance(patch, ConfigPatch):
        return TreeFile(_config_text(patch).encode())
    if patch.action is Action.REMOVE:
        return None
    return TreeFile(patch.content or b"", patch.mode, patch.symlink, patch.blob)


def _config_text(patch: ConfigPatch) -> str:
    if patch.content is not None:
        return patch.content
    import yaml

    text: str = yaml.safe_dump(patch.config, sort_keys=False, allow_unicode=True)
    return text


def apply_to(
    tree: Mapping[str, TreeFile], patches: Sequence[Patch], config: TrussConfig
) -> dict[str, TreeFile]:
    """The tree after `patches`. `config` is the one that holds after them (`config_after`).

    Removing what is not there changes nothing: the hash of the result tells whether both sides
    agree. Raises PatchError when a file would lie below another file, PathError when a link would
    lead out.
    """
    changes = file_changes(patches, config)
    after = {path: file for path, file in tree.items() if path not in changes}
    for path, change in changes.items():
        if change is not None:
            after[path] = _with_mode(change, tree.get(path))
    check_tree({path: file.symlink for path, file in after.items()})
    return after


def _with_mode(change: TreeFile, before: TreeFile | None) -> TreeFile:
    if change.mode is not None:
        return change
    mode = before.mode if before is not None and before.mode is not None else 0o644
    return replace(change, mode=mode)


def check_tree(links_by_path: Mapping[str, str | None]) -> None:
    """Whether paths, each with its link's text or None for a file, make up a tree.

    Raises PatchError when one lies below a file or a link, PathError when a link leads out.
    """
    clash = paths.obstructed(links_by_path)
    if clash:
        raise PatchError(f"{clash[1]} cannot be written: {clash[0]} is no directory")
    links = {path: target for path, target in links_by_path.items() if target is not None}
    for path, target in links.items():
        if paths.leaves(path, target, links):
            raise PathError(f"{path} is a symbolic link to {target}, which leads out of the Truss")
