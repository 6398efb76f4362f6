"""The anchors and aliases of a YAML text: `&name` and `*name`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from truss_base.document.stricter import BOM


@dataclass(frozen=True, slots=True)
class Anchor:
    """A name where it is given (`&name`), or used (`alias`: `*name`); the range is without sign."""

    start: int
    end: int
    name: str
    alias: bool


def anchors(text: str) -> tuple[Anchor, ...]:
    """Every anchor and alias in the order of the text; none of a text that is no YAML."""
    if "&" not in text:
        return ()
    import yaml

    offset = 1 if text.startswith(BOM) else 0
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        tokens = [token for token in yaml.scan(text[offset:], loader) if _is_name(token)]
    except yaml.YAMLError:
        return ()
    return tuple(_anchor(token, offset) for token in tokens)


def _is_name(token: Any) -> bool:
    import yaml

    return isinstance(token, (yaml.AnchorToken, yaml.AliasToken))


def _anchor(token: Any, offset: int) -> Anchor:
    import yaml

    start, end = token.start_mark.index + offset + 1, token.end_mark.index + offset
    return Anchor(start, end, token.value, isinstance(token, yaml.AliasToken))
