"""One fault put into a config: a value replaced, a key lost, misspelt, foreign or old."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from drift.values import ALL, NUMBERS, OTHERS, TEXTS
from truss_base.config import children
from truss_base.config.definitions.resources import RESOURCES
from truss_base.config.definitions.root import ROOT
from truss_base.config.definitions.runtime import RUNTIME
from truss_base.config.faults import Path

_VALUES = st.one_of(*map(st.sampled_from, (TEXTS, NUMBERS, OTHERS))).map(copy.deepcopy)
Steps = tuple[str, ...]
_STEP = re.compile(r"<[^>]*>|[^.<>\[\]{}]+")
_FOREIGN = ("unknown", "train", "num_workers", "use_gpu", "hf_cache", "lora_cache_max_adapter_size")
_LEGACY = tuple(field.name for part in (ROOT, RESOURCES, RUNTIME) for field in part.legacy)


@st.composite
def spoiled(draw: st.DrawFn, config: dict[str, Any], focus: Steps) -> dict[str, Any]:
    """A copy with one thing changed, often near `focus`; it may be sound all the same."""
    config = copy.deepcopy(config)
    holders = list(_holders(config, ()))
    near = [found for found in holders if _names(found[0]) == _names(focus[:-1])]
    is_near = draw(st.booleans())
    path, holder = draw(st.sampled_from(near if near and is_near else holders))
    if isinstance(holder, list):
        holder.insert(draw(st.integers(0, len(holder))), draw(_VALUES))
        return config
    change = draw(st.sampled_from(["replace", "replace", "replace", "add", "lose", "misspell"]))
    if change != "add" and holder:
        _change(holder, change, draw(st.sampled_from(sorted(holder))), draw)
    else:
        known = [field.name for field in children(path, config)]
        name = draw(st.sampled_from([*known, *known, *_FOREIGN, *_LEGACY]))
        holder[name] = draw(_VALUES)
    return config


def steps_of(path: str) -> Steps:
    """The steps of a path as `drift.shapes` writes it, without those into lists and mappings."""
    return tuple(_STEP.findall(path))


def _names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str) and step[0] != "<")


def _change(holder: dict[str, Any], change: str, name: str, draw: st.DrawFn) -> None:
    if change == "replace":
        holder[name] = copy.deepcopy(draw(st.sampled_from(ALL)))
    elif change == "lose":
        del holder[name]
    else:
        cut = draw(st.integers(0, len(name)))
        holder[name[:cut] + name[cut + 1 :] or "x"] = holder.pop(name)


def _holders(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every mapping and list of a config with its path, the config itself first."""
    if not isinstance(value, (dict, list)):
        return
    yield path, value
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _holders(inner, (*path, step))
