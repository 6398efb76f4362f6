"""`plan`: the strategy for a set of patches, with one reason per change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base import requirements
from truss_base.config import TrussConfig
from truss_base.exceptions import ConfigError, PatchError
from truss_base.loading import known_config
from truss_base.model_place import model_path, needs_model
from truss_base.patch import CONFIG_PATH, ConfigPatch, FilePatch, file_changes
from truss_base.plan.abilities import Abilities, Installed
from truss_base.plan.config import config_changes, invalid_config, new_config, unknown_config
from truss_base.plan.files import Surroundings, file_change, requirements_path
from truss_base.plan.hot import AnalysisCache, code_changes
from truss_base.plan.observers import Sources
from truss_base.plan.result import Change, Plan
from truss_base.plan.typed import typed_changes
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from truss_base.patch import Patch, TreeFile
    from truss_base.plan.hot import Swap


ANY_CONTAINER = Abilities()


def plan(
    old: Mapping[str, bytes] | None,
    patches: Sequence[Patch],
    *,
    old_config: str | None = None,
    has_links: bool = False,
    abilities: Abilities = ANY_CONTAINER,
    cache: AnalysisCache | None = None,
    force_hot: bool = False,
) -> Plan:
    """How `patches` reach the container that runs the tree `old` (path to content).

    Pure: reads `old`, where only what the decision needs is looked up, so that a mapping may read
    its files on demand. Without `old` the plan is an upper bound, exact about the config alone,
    if `old_config` (its text) is given. `has_links` says that the tree holds symbolic links,
    `abilities` what the container can install. `cache` spares the analysis of code that an earlier
    plan has seen. `force_hot` swaps code whatever speaks against it: for tests only, to find out
    whether it would have been safe.

    Raises PathError or PatchError for patches that could not be applied, or would leave
    the model's class without its file.
    """
    if old_config is None and old is not None and CONFIG_PATH in old:
        old_config = old[CONFIG_PATH].decode("utf-8", "replace")
    before = _config_before(old_config)
    try:
        after = next((new_config(p) for p in patches if isinstance(p, ConfigPatch)), before)
    except ConfigError as error:
        return Plan.of([invalid_config(error)])
    changes = _of_config(patches, before, after, abilities)
    files = file_changes([p for p in patches if isinstance(p, FilePatch)], after or TrussConfig())
    _refuse_without_model(old, files, before, after or TrussConfig())
    swap = None
    if old is None:
        changes += [_at_most(path, after) for path in files]
    else:
        around = _surroundings(files, old, after or TrussConfig(), has_links, abilities, cache)
        of_files, swap = _of_files(files, old, around, force_hot)
        changes += of_files
    changes += typed_changes(patches, {change.subject for change in changes}, after, abilities)
    return Plan.of(changes, upper_bound=old is None and bool(changes), swap=swap)


def _refuse_without_model(
    old: Mapping[str, bytes] | None,
    files: Mapping[str, TreeFile | None],
    before: TrussConfig | None,
    config: TrussConfig,
) -> None:
    path = model_path(config)
    if path in files:
        gone = files[path] is None
    else:  # one that was missing before stays the load's to tell: the patch has not taken it
        keys = ("model_module_dir", "model_class_filename")
        named = before is not None and any(getattr(before, k) != getattr(config, k) for k in keys)
        gone = old is not None and named and path not in old
    if needs_model(config) and gone:
        raise PatchError(
            f"{path} is missing: it has to define the class {config.model_class_name}; put it back,"
            " or let config.yaml name the file that does"
        )


def _config_before(text: str | None) -> TrussConfig | None:
    try:
        return None if text is None else known_config(text)
    except ConfigError:
        return None


def _of_config(
    patches: Sequence[Patch],
    before: TrussConfig | None,
    after: TrussConfig | None,
    abilities: Abilities,
) -> list[Change]:
    if not any(isinstance(patch, ConfigPatch) for patch in patches):
        return []
    if before is None or after is None:
        return [unknown_config()]
    return config_changes(before, after, abilities)


def _installed(
    config: TrussConfig, old: Mapping[str, bytes], files: Mapping[str, TreeFile | None]
) -> Installed:
    """What the environment of the new version is made from."""

    def read(path: str) -> str:
        change = files.get(path)
        if change is not None:
            return change.content.decode("utf-8", "replace")
        gone = path in files or path not in old
        return "" if gone else old[path].decode("utf-8", "replace")

    name = requirements_path(config)
    texts = requirements.files_of(name, read) if name else {}
    lines = [line for text in texts.values() for line in text.splitlines()]
    local = requirements.local_paths([*config.requirements, *lines])
    return Installed(frozenset(texts), tuple(local))


def _at_most(path: str, config: TrussConfig | None) -> Change:
    # Without a config, any file may be the one that the requirements stand in.
    if config is None or path == requirements_path(config):
        reason = f"{path} changed, and its old text is not known here: rebuild at most"
        return Change(path, Strategy.REBUILD, reason)
    reason = f"{path} changed, and its old text is not known here: reload at most"
    return Change(path, Strategy.RELOAD, reason)


def _surroundings(
    files: Mapping[str, TreeFile | None],
    old: Mapping[str, bytes],
    config: TrussConfig,
    has_links: bool,
    abilities: Abilities,
    cache: AnalysisCache | None,
) -> Surroundings:
    return Surroundings(
        config,
        Sources.of(old, files),
        has_links or any(file is not None and file.symlink for file in files.values()),
        _installed(config, old, files),
        abilities.of_requirements,
        AnalysisCache() if cache is None else cache,
    )


def _of_files(
    files: Mapping[str, TreeFile | None],
    old: Mapping[str, bytes],
    around: Surroundings,
    force_hot: bool,
) -> tuple[list[Change], Swap | None]:
    found = {path: file_change(path, old.get(path), file, around) for path, file in files.items()}
    changes = [change for change in found.values() if change is not None]
    code = {
        path: None if file is None else file.content
        for path, file in files.items()
        if found[path] is None
    }
    if not code:
        return changes, None
    of_code, swap = code_changes(old, code, around.config, around.cache, force=force_hot)
    return changes + of_code, swap
