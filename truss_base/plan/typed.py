"""What typed patches lead to where no config patch says the same: clients that send them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.patch import (
    Action,
    EnvironmentVariablePatch,
    ExternalDataPatch,
    RequirementPatch,
    SystemPackagePatch,
)
from truss_base.plan.config import key_change, subject
from truss_base.plan.files import requirements_path

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from truss_base.config import TrussConfig
    from truss_base.patch import Patch
    from truss_base.plan.abilities import Abilities
    from truss_base.plan.result import Change


def typed_changes(
    patches: Sequence[Patch], said: Set[str], config: TrussConfig | None, abilities: Abilities
) -> list[Change]:
    """One change per config key that the patches concern and that is not among the subjects
    already `said`."""
    names: dict[tuple[str, ...], list[str]] = {}
    removing = set()
    for patch in patches:
        concerned = _concerned(patch)
        if concerned is not None:
            path, name = concerned
            names.setdefault(path, []).append(f"`{name}`")
            if patch.action is Action.REMOVE:
                removing.add(path)
    return [
        key_change(path, f" ({', '.join(items)})", abilities, removes=path in removing)
        for path, items in names.items()
        if not said & _places(path, config)
    ]


def _concerned(patch: Patch) -> tuple[tuple[str, ...], str] | None:
    """The config key that a patch stands for, and what in it changes; None for a file's."""
    if isinstance(patch, EnvironmentVariablePatch):
        [name] = patch.item
        return ("environment_variables", name), name
    if isinstance(patch, RequirementPatch):
        return ("requirements",), patch.requirement
    if isinstance(patch, SystemPackagePatch):
        return ("system_packages",), patch.package
    if isinstance(patch, ExternalDataPatch):
        return ("external_data",), str(patch.item["local_data_path"])
    return None


def _places(path: tuple[str, ...], config: TrussConfig | None) -> set[str]:
    """The subjects under which the same change may have been said."""
    if path != ("requirements",):
        return {subject(*path)}
    file = requirements_path(config) if config is not None else None
    return {subject("requirements"), subject("requirements_file"), file or ""}
