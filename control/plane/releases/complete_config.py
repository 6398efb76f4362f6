"""The config of a release: read leniently, written out with every key filled in.

A config of a newer version, or a broken one, must never keep a container from starting: the model
may not even look at what is wrong with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from truss_base.config import TrussConfig
from truss_base.exceptions import ConfigError
from truss_base.loading import decoded, known_config
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from pathlib import Path


def read_config(tree: Path) -> TrussConfig:
    """The config of the Truss in `tree`, with defaults for whatever cannot be used."""
    return config_of((tree / CONFIG_FILE).read_bytes())


def config_of(content: bytes) -> TrussConfig:
    """The config in the bytes of a `config.yaml`, as `read_config`."""
    try:
        return known_config(decoded(content))
    except ConfigError:
        return TrussConfig.tolerant({})


def complete_json(config: TrussConfig) -> bytes:
    """The complete dump as JSON. YAML knows values that JSON does not: they become text."""
    try:
        return json.dumps(_with_text_keys(config.to_dict(verbose=True)), default=str).encode()
    except (RecursionError, ValueError):
        # An alias that contains itself cannot be written out.
        return json.dumps(TrussConfig.tolerant({}).to_dict(verbose=True)).encode()


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else str(key): _with_text_keys(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_text_keys(item) for item in value]
    return value
