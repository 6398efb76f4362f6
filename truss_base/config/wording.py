"""Words for messages: values, keys and places as people speak of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.config.faults import At, Fault, Remedy

if TYPE_CHECKING:
    from truss_base.config.faults import Path


def describe(value: object) -> str:
    """A value for people: `the number 4`, `true`, `a list`, `nothing`."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {shorten(str(value))}"
    if isinstance(value, str):
        return f"the text {shorten(value)!r}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if hasattr(value, "isoformat"):
        return f"the date {value}"
    return f"a value of type {type(value).__name__}"


def shorten(text: str, limit: int = 60) -> str:
    """Text cut to `limit` characters, so that a message stays one line."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def subject(path: Path) -> str:
    """What a message is about: the key, or an entry of the list it is in."""
    if not path:
        return "the config"
    if isinstance(path[-1], int):
        owner = next((step for step in reversed(path) if isinstance(step, str)), "the list")
        return f"an entry of `{owner}`"
    return f"`{shorten(path[-1])}`"


def wrong_type(value: object, path: Path, phrase: str, remedy: Remedy = Remedy.NONE) -> Fault:
    """The fault of a value of another type."""
    message = f"{subject(path)} has to be {phrase}, not {describe(value)}"
    return Fault(path, "type", message, remedy=remedy)


def wrong_key(key: object, path: Path) -> Fault:
    """The fault of a key that is no text, such as `1:` or `yes:`."""
    where = f" in {subject(path)}" if path else ""
    # Such a key cannot be a step of a Path of texts: its position is found by its form.
    step = key if isinstance(key, int) else str(key)
    return Fault((*path, step), "type", f"a key{where} has to be text, not {describe(key)}", At.KEY)


def closest(word: str, known: tuple[str, ...], limit: int = 3) -> tuple[str, ...]:
    """The known words most like `word`, the best first; case and separators hardly count."""
    return _closest(_plain(word), known, limit) if known and len(word) <= 80 else ()


@lru_cache(maxsize=256)
def _closest(word: str, known: tuple[str, ...], limit: int) -> tuple[str, ...]:
    """A word that is no key stays in the text for a while: every keystroke asks about it again."""
    plain = {_plain(candidate): candidate for candidate in reversed(known)}
    exact = plain.get(word)
    if exact is not None:
        return (exact,)
    # Imported here: its cost is only paid for a config with a fault.
    from difflib import get_close_matches

    return tuple(plain[match] for match in get_close_matches(word, plain, limit, 0.7))


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")
