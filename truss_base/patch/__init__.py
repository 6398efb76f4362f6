"""Patches: the typed changes that take a running Truss from one version to the next."""

from __future__ import annotations

from truss_base.patch.apply import TreeFile, apply_to, config_after, file_changes
from truss_base.patch.place import place, tree_path
from truss_base.patch.types import (
    CONFIG_PATH,
    Action,
    Blob,
    Chunk,
    ConfigPatch,
    EnvironmentVariablePatch,
    ExternalDataPatch,
    FilePatch,
    FileType,
    Patch,
    RequirementPatch,
    SystemPackagePatch,
)
from truss_base.patch.wire import patch_from_wire, patches_from_wire

__all__ = [
    "CONFIG_PATH",
    "Action",
    "Blob",
    "Chunk",
    "ConfigPatch",
    "EnvironmentVariablePatch",
    "ExternalDataPatch",
    "FilePatch",
    "FileType",
    "Patch",
    "RequirementPatch",
    "SystemPackagePatch",
    "TreeFile",
    "apply_to",
    "config_after",
    "file_changes",
    "patch_from_wire",
    "patches_from_wire",
    "place",
    "tree_path",
]
