"""Making a drawn config sound: what is at fault goes, what is missing comes."""

from __future__ import annotations

import copy
from typing import Any

from truss_base.config import TrussConfig, lookup
from truss_base.config.faults import Fault, Path, Remedy

_MOST_ROUNDS = 12


def mended(config: dict[str, Any]) -> dict[str, Any]:
    """A copy that our own loader takes, with as much of the config in it as can stay."""
    config = copy.deepcopy(config)
    for _ in range(_MOST_ROUNDS):
        errors = [fault for fault in TrussConfig.tolerant(config).faults if _is_error(fault)]
        if not errors:
            return config
        for fault in errors:
            _mend(config, fault)
    return {}


def _is_error(fault: Fault) -> bool:
    return fault.severity == "error"


def _mend(config: dict[str, Any], fault: Fault) -> None:
    holder: Any = _at(config, fault.path)
    if fault.remedy is Remedy.INSERT and isinstance(holder, dict):
        name = fault.suggestions[0]
        field = lookup((*fault.path, name), config)
        if field is not None and field.example is not None and name not in holder:
            holder[name] = copy.deepcopy(field.example)
            return
    if fault.remedy is Remedy.REPLACE and holder is not None:
        _at(config, fault.path[:-1])[fault.path[-1]] = fault.suggestions[0]
        return
    _remove(config, fault.path)


def _remove(config: dict[str, Any], path: Path) -> None:
    """Removes the entry at a path, or the deepest above it that is there."""
    for length in range(len(path), 0, -1):
        holder, step = _at(config, path[: length - 1]), path[length - 1]
        if _holds(holder, step):
            del holder[step]
            return


def _at(config: Any, path: Path) -> Any:
    """What stands at a path, None where nothing does."""
    for step in path:
        if not _holds(config, step):
            return None
        config = config[step]
    return config


def _holds(holder: Any, step: str | int) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and step < len(holder)
