"""What a patch makes of a release: its new contents, and everything that speaks against it.

Nothing is written here, so whatever is refused here was never begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from control.plane.exceptions import InadmissiblePatch
from control.plane.releases.complete_config import read_config
from control.plane.releases.content import Assembled, Kept, Linked, Written
from control.plane.releases.directory import read_file
from truss_base.exceptions import ConfigError, PatchError, PathError
from truss_base.hash import tree_hash
from truss_base.patch import (
    Action,
    EnvironmentVariablePatch,
    ExternalDataPatch,
    RequirementPatch,
    SystemPackagePatch,
    config_after,
    file_changes,
)
from truss_base.patch.apply import check_tree
from truss_base.requirements import key
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from control.plane.patching.request import PatchRequest
    from control.plane.releases.content import Content, Piece
    from control.plane.releases.manifest import Manifest
    from control.plane.releases.release import Release
    from truss_base.config import TrussConfig
    from truss_base.patch import Patch, TreeFile


def new_contents(base: Release, request: PatchRequest) -> dict[str, Content]:
    """Where every file of the new version comes from.

    Raises:
        InadmissiblePatch: a path leaves the Truss, two patches contradict each other, or the
            result is not the promised version.
    """
    try:
        config = config_after(request.patches, read_config(base.tree))
        contents = _contents(base.manifest, file_changes(request.patches, config), request.pieces)
        check_tree({path: content.target for path, content in contents.items()})
    except (ConfigError, PatchError, PathError) as error:
        raise InadmissiblePatch(f"{error}.") from error
    _check_environment(request.patches, config)
    _check_packages(request.patches, config)
    _check_external_data(request.patches, config)
    _check_hash(contents, request.hash)
    return contents


# What is larger is not held in memory to be compared, unless it is code: it is data, and a change
# of it a reload.
READ_BYTES = 16 << 20


def is_code(path: str) -> bool:
    """Whether a plan has to know what a file says."""
    return path.endswith(".py")


class ReleaseFiles(Mapping[str, bytes]):
    """The files of a release, read when they are asked for: a plan looks at few of them."""

    def __init__(self, tree: Path, manifest: Manifest) -> None:
        self._tree = tree
        self._manifest = manifest

    def __getitem__(self, path: str) -> bytes:
        record = self._manifest[path]
        if record.target is not None:
            return record.target.encode()
        if record.size > READ_BYTES and not is_code(path):
            return b""  # it is there: that is all that a plan asks of what is no text
        return read_file(self._tree, path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest)

    def __len__(self) -> int:
        return len(self._manifest)

    def __contains__(self, path: object) -> bool:
        return path in self._manifest


def _contents(
    manifest: Manifest,
    changes: Mapping[str, TreeFile | None],
    pieces: Mapping[str, tuple[Piece, ...]],
) -> dict[str, Content]:
    contents: dict[str, Content] = {path: Kept(record) for path, record in manifest.items()}
    for path, change in changes.items():
        before = manifest.get(path)
        if change is None:
            contents.pop(path, None)
        elif change.symlink is not None:
            contents[path] = Linked(change.symlink)
        else:
            was_executable = before is not None and before.executable
            executable = was_executable if change.mode is None else bool(change.mode & 0o100)
            if change.blob is not None:
                digest = change.blob.digest
                contents[path] = Assembled(digest, executable, pieces.get(digest, ()))
            else:
                contents[path] = Written(change.content, executable)
    if CONFIG_FILE not in contents:
        raise PatchError(f"{CONFIG_FILE} cannot be removed: a Truss needs it")
    return contents


def _check_environment(patches: Sequence[Patch], config: TrussConfig) -> None:
    """The config is the source of the environment: its patches only say what changed in it."""
    declared = config.environment_variables
    for patch in patches:
        if not isinstance(patch, EnvironmentVariablePatch):
            continue
        [(name, value)] = patch.item.items()
        wanted = None if patch.action is Action.REMOVE else value
        if declared.get(name) != wanted:
            raise InadmissiblePatch(
                f"The environment_variable patch for {name!r} contradicts config.yaml, which "
                f"{'does not declare it' if name not in declared else 'gives another value'}; "
                "send the config patch that declares it along."
            )


def _check_external_data(patches: Sequence[Patch], config: TrussConfig) -> None:
    """As `_check_environment`, for what is downloaded."""
    changed = [patch for patch in patches if isinstance(patch, ExternalDataPatch)]
    declared = [patch.item for patch in _declared(config)] if changed else []
    for patch in changed:
        if (patch.item in declared) is (patch.action is Action.REMOVE):
            path = patch.item["local_data_path"]
            raise InadmissiblePatch(
                f"The external_data patch for {path} contradicts config.yaml; send the config "
                "patch that declares it along."
            )


def _declared(config: TrussConfig) -> list[ExternalDataPatch]:
    try:
        items = [dict(item) for item in config.external_data or ()]
        return [ExternalDataPatch(Action.ADD, item) for item in items]
    except PathError as error:
        raise InadmissiblePatch(f"{error}.") from error


def _check_packages(patches: Sequence[Patch], config: TrussConfig) -> None:
    """The config, or the file that it names, is the source of what is installed as well."""
    for patch in patches:
        if isinstance(patch, SystemPackagePatch):
            asked = patch.package in config.system_packages
            name = patch.package
        elif isinstance(patch, RequirementPatch) and config.requirements_file is None:
            name = patch.requirement
            asked = name in config.requirements or name in map(key, config.requirements)
        else:
            continue
        if asked is (patch.action is Action.REMOVE):
            raise InadmissiblePatch(
                f"The {patch.type} patch for {name!r} contradicts config.yaml, which "
                f"{'asks' if asked else 'does not ask'} for it; send the config patch along."
            )


def _check_hash(contents: Mapping[str, Content], promised: str) -> None:
    reached = tree_hash({path: content.digest for path, content in contents.items()})
    if reached != promised:
        raise InadmissiblePatch(
            f"The patches lead to {reached[:12]}, not to the promised {promised[:12]}; "
            "compute them again from the running version's signature."
        )
