"""What is wrong with a config, as data: where in the tree, how bad, and what to do about it.

A fault speaks of paths, not of text: the same rules serve configs built in code, configs read in a
container and, with positions added by `truss_base.validation`, configs in an editor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

Path = tuple["str | int", ...]
Severity = Literal["error", "warning", "hint"]


class At(Enum):
    """Which part of the entry at a path is meant."""

    VALUE = "value"
    KEY = "key"


class Remedy(Enum):
    """What would mend a fault, for an editor to offer."""

    NONE = "none"
    REPLACE = "replace"  # the value, by one of the suggestions
    RENAME = "rename"  # the key, to one of the suggestions
    INSERT = "insert"  # a key that is missing: the first suggestion
    QUOTE = "quote"  # the value, which is meant as text
    REMOVE = "remove"  # the entry
    LIST = "list"  # the value, which is to stand in a list
    MAPPING = "mapping"  # the value, a list of what a mapping holds


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a config; `suggestions` are for its remedy, the best first."""

    path: Path
    code: str
    message: str
    at: At = At.VALUE
    severity: Severity = "error"
    suggestions: tuple[str, ...] = ()
    remedy: Remedy = Remedy.NONE
    related: tuple[Path, ...] = ()
    tag: Literal["", "deprecated", "unnecessary"] = ""


Report = Callable[[Fault], None]


def dotted(path: Path) -> str:
    """`("weights", 0, "source")` as people write it: `weights[0].source`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
