"""Values as a config has them."""

from __future__ import annotations

import json

from truss_base.document import load
from truss_base.exceptions import ConfigError


def plain(value: object) -> str:
    """A value in YAML; text that YAML would take for something else gets quotes."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        return value if load(value) == value else json.dumps(value)
    except ConfigError:
        return json.dumps(value)


def within(value: object, quote: str) -> str:
    """A value between quotes that are there already."""
    if not quote:
        return plain(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return text.replace("'", "''") if quote == "'" else json.dumps(text)[1:-1]
