"""`plan`: the strategy for a set of patches, with one reason per change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config import TrussConfig
from truss_base.exceptions import ConfigError
from truss_base.loading import known_config
from truss_base.patch import CONFIG_PATH, ConfigPatch, FilePatch, file_changes
from truss_base.plan.config import config_changes, invalid_config, new_config, unknown_config
from truss_base.plan.files import Surroundings, file_change, requirements_path
from truss_base.plan.observers import Sources
from truss_base.plan.result import Change, Plan
from truss_base.plan.typed import typed_changes
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from truss_base.patch import Patch, TreeFile


def plan(
    old: Mapping[str, bytes] | None,
    patches: Sequence[Patch],
    *,
    old_config: str | None = None,
    has_links: bool = False,
) -> Plan:
    """How `patches` reach the container that runs the tree `old` (path to content).

    Pure: reads `old`, where only what the decision needs is looked up, so that a mapping may read
    its files on demand. Without `old` the plan is an upper bound, exact about the config alone,
    if `old_config` (its text) is given. `has_links` says that the tree holds symbolic links.

    Raises PathError or PatchError for patches that could not be applied.
    """
    if old_config is None and old is not None and CONFIG_PATH in old:
        old_config = old[CONFIG_PATH].decode("utf-8", "replace")
    before = _config_before(old_config)
    try:
        after = next((new_config(p) for p in patches if isinstance(p, ConfigPatch)), before)
    except ConfigError as error:
        return Plan.of([invalid_config(error)])
    changes = _of_config(patches, before, after)
    files = file_changes([p for p in patches if isinstance(p, FilePatch)], after or TrussConfig())
    if old is None:
        changes += [_at_most(path, after) for path in files]
    else:
        changes += _of_files(files, old, after or TrussConfig(), has_links)
    changes += typed_changes(patches, {change.subject for change in changes}, after)
    return Plan.of(changes, upper_bound=old is None and bool(changes))


def _config_before(text: str | None) -> TrussConfig | None:
    try:
        return None if text is None else known_config(text)
    except ConfigError:
        return None


def _of_config(
    patches: Sequence[Patch], before: TrussConfig | None, after: TrussConfig | None
) -> list[Change]:
    if not any(isinstance(patch, ConfigPatch) for patch in patches):
        return []
    if before is None or after is None:
        return [unknown_config()]
    return config_changes(before, after)


def _at_most(path: str, config: TrussConfig | None) -> Change:
    # Without a config, any file may be the one that the requirements stand in.
    if config is None or path == requirements_path(config):
        reason = f"{path} changed, and its old text is not known here: rebuild at most"
        return Change(path, Strategy.REBUILD, reason)
    reason = f"{path} changed, and its old text is not known here: reload at most"
    return Change(path, Strategy.RELOAD, reason)


def _of_files(
    files: Mapping[str, TreeFile | None],
    old: Mapping[str, bytes],
    config: TrussConfig,
    has_links: bool,
) -> list[Change]:
    has_links = has_links or any(file is not None and file.symlink for file in files.values())
    around = Surroundings(config, Sources(old, files), has_links)
    return [file_change(path, old.get(path), file, around) for path, file in files.items()]
