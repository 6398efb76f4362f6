"""The config behind a text that may hold faults: enough of it to hash, sign and compare a Truss.

Whoever is about to use a config checks it with `TrussConfig.from_text`. A hash must not fail
because a value is misspelt, so only what makes the text unreadable is an error here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.exceptions import ConfigError

if TYPE_CHECKING:
    from truss_base.config import TrussConfig


def decoded(content: bytes) -> str:
    """The text of `config.yaml`, line ends as they are. Raises ConfigError when it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"config.yaml is not UTF-8 (byte {error.start}): save it in that encoding"
        ) from None


def known_config(text: str) -> TrussConfig:
    """The config in `text`, with defaults for what is wrong. Raises ConfigError for no YAML."""
    from truss_base.config import TrussConfig

    return TrussConfig.tolerant(values(text))


def values(text: str) -> dict[str, Any]:
    """The mapping in a YAML text; an empty text is an empty one. Raises ConfigError."""
    import yaml

    try:
        loaded = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise ConfigError(f"config.yaml is no YAML: {error.problem}{line}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"config.yaml is no YAML: {reason}") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigError("config.yaml holds no mapping of keys to values")
    return loaded
