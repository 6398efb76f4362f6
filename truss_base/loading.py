"""The config behind a text that may hold faults: enough of it to hash, sign and compare a Truss.

Whoever is about to use a config checks it with `TrussConfig.from_text`. A hash must not fail
because a value is misspelt, so only what makes the text unreadable is an error here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

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


# A change of code is signed, planned and staged with the config that was there before it.
@lru_cache(maxsize=8)
def known_config(text: str) -> TrussConfig:
    """The config in `text`, with defaults for what is wrong. Shared: nobody changes it.

    Raises ConfigError for what is no YAML, or no mapping.
    """
    from truss_base.config import TrussConfig
    from truss_base.document import load

    data = load(text)
    if data is not None and not isinstance(data, dict):
        raise ConfigError("config.yaml holds no mapping of keys to values")
    return TrussConfig.tolerant(data or {})
