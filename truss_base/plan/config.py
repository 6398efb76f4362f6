"""What a change of `config.yaml` leads to, key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.config import TrussConfig, lookup
from truss_base.config.definitions.effects import SWITCH_KEPT
from truss_base.config.definitions.root import ROOT
from truss_base.config.field import Effect
from truss_base.config.wording import closest
from truss_base.exceptions import ConfigError
from truss_base.patch import CONFIG_PATH
from truss_base.plan.result import Change
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.patch import ConfigPatch
    from truss_base.plan.abilities import Abilities

_Path = tuple[str, ...]
_SWITCHES = ("use_control_plane", "live_reload")
_SHOWN_ITEMS = 3
_ABSENT = object()


def subject(*path: str) -> str:
    """The subject of a change of the key at `path`."""
    return f"{CONFIG_PATH}:{'.'.join(path)}" if path else CONFIG_PATH


def new_config(patch: ConfigPatch) -> TrussConfig:
    """The config that a patch brings. Raises ConfigError when it is not valid."""
    if patch.content is not None:
        return TrussConfig.from_text(patch.content)
    return TrussConfig.from_dict(patch.config)


def invalid_config(error: ConfigError) -> Change:
    """The change to a config that no server would start with."""
    return Change(CONFIG_PATH, Strategy.REBUILD, f"{CONFIG_PATH} is not valid: {error}")


def unknown_config() -> Change:
    """A change of a config whose old text is not at hand."""
    reason = f"{CONFIG_PATH} changed, and what it was is not known here: rebuild at most"
    return Change(CONFIG_PATH, Strategy.REBUILD, reason)


def config_changes(before: TrussConfig, after: TrussConfig, abilities: Abilities) -> list[Change]:
    """One change per key whose effective value differs; a sync when only the text does.

    Compares complete configs: a default that is written out, an anchor, a duplicate key or a
    comment changes nothing that anything could read.
    """
    old, new = before.to_dict(verbose=True), after.to_dict(verbose=True)
    kept = before.use_control_plane == after.use_control_plane
    changes = []
    for path in _differing(old, new):
        came, went = _items(_at(path, old), _at(path, new))
        detail = _shown(came, went)
        if path[0] in _SWITCHES and kept:
            changes.append(_worded(path, detail, SWITCH_KEPT))
        else:
            changes.append(key_change(path, detail, abilities, removes=bool(went), config=new))
    if changes:
        return changes
    reason = f"{CONFIG_PATH}: no value changed, only its text: sync"
    return [Change(CONFIG_PATH, Strategy.SYNC, reason)]


def _differing(old: Any, new: Any, path: _Path = ()) -> Iterator[_Path]:
    """The paths of the innermost mappings' keys that differ. Lists are one value each."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        if not _same(old, new):
            yield path
        return
    keys = [*new, *(key for key in old if key not in new)]
    for key in keys:
        yield from _differing(old.get(key, _ABSENT), new.get(key, _ABSENT), (*path, str(key)))
    # Who walks over a mapping sees its order; that of the known keys is always the same.
    if path and list(old) != list(new) and len(old) == len(new) == len(keys):
        yield path


def _same(old: object, new: object) -> bool:
    # 1, 1.0 and true are equal in Python, and not to who reads them.
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return list(old) == list(new) and all(_same(old[key], new[key]) for key in old)
    return type(old) is type(new) and old == new


def key_change(
    path: _Path, detail: str, abilities: Abilities, *, removes: bool, config: object = None
) -> Change:
    """A change of the key at `path`, which `removes` something from its list or does not.

    `config` decides between the variants of a section.
    """
    field = lookup(path, config)
    # The keys of a free mapping (environment_variables, model_metadata) have no field of their own.
    for length in range(len(path) - 1, 0, -1):
        if field is not None:
            break
        outer = lookup(path[:length], config)
        field = outer if outer is not None and outer.section is None else None
    effect = field.leads_to if field is not None else None
    if effect is None:
        similar = closest(path[0], tuple(field.name for field in ROOT.fields))
        meant = f"did you mean `{similar[0]}`? " if similar and len(path) == 1 else ""
        effect = Effect(Strategy.REBUILD, f"{meant}what it leads to is not known here")
    return _worded(path, detail, abilities.effect(path[0], effect, removes=removes))


def _worded(path: _Path, detail: str, effect: Effect) -> Change:
    because = f"{effect.reason}: {effect.strategy.title}"
    reason = f"{CONFIG_PATH} `{'.'.join(path)}`{detail}: {because}"
    return Change(subject(*path), effect.strategy, reason)


def _at(path: _Path, config: Any) -> object:
    for key in path:
        config = config.get(key) if isinstance(config, dict) else None
    return config


def _items(old: object, new: object) -> tuple[list[str], list[str]]:
    """What was added to and removed from a list of texts."""
    before, after = _texts(old), _texts(new)
    if before is None or after is None:
        return [], []
    return [it for it in after if it not in before], [it for it in before if it not in after]


def _shown(came: list[str], went: list[str]) -> str:
    """What came and went, for the reason."""
    parts = [f"`{item}` added" for item in came] + [f"`{item}` removed" for item in went]
    if len(parts) > _SHOWN_ITEMS:
        parts[_SHOWN_ITEMS:] = [f"{len(parts) - _SHOWN_ITEMS} more"]
    return f" ({', '.join(parts)})" if parts else ""


def _texts(value: object) -> list[str] | None:
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return None
