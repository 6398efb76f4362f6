"""Where in a Truss the paths of patches lie, and the other way about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base import paths
from truss_base.exceptions import PatchError
from truss_base.patch.types import ConfigPatch, ExternalDataPatch, FilePatch, FileType, Patch

if TYPE_CHECKING:
    from truss_base.config import TrussConfig


def _directories(config: TrussConfig) -> dict[FileType, str]:
    """The directory that each type's paths are relative to. Raises PathError when one leaves."""
    return {
        "model_code": paths.directory(config.model_module_dir),
        "package": paths.directory(config.bundled_packages_dir),
        "data": paths.directory(config.data_dir),
        "file": "",
    }


def tree_path(patch: Patch, config: TrussConfig) -> str:
    """The path, from the Truss's root, that a patch writes, removes or downloads to.

    `config` is the one that holds after the patch. Raises PathError when its directories lead out
    of the Truss, PatchError for a patch that concerns no file.
    """
    if isinstance(patch, ConfigPatch):
        return patch.path
    if isinstance(patch, FilePatch):
        return paths.join(_directories(config)[patch.type], patch.path)
    if isinstance(patch, ExternalDataPatch):
        return paths.join(_directories(config)["data"], patch.item["local_data_path"])
    raise PatchError(f"a {patch.type} patch has no path")


def place(path: str, config: TrussConfig) -> tuple[FileType, str]:
    """The type of patch that carries the file at `path`, and the path as that type spells it.

    The innermost directory wins when one lies in another.
    """
    candidates = [
        (len(base), kind, rest)
        for kind, base in _directories(config).items()
        if (rest := paths.below(path, base)) is not None
    ]
    _, kind, rest = max(candidates, key=lambda candidate: candidate[0])
    return kind, rest
