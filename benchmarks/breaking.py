"""Ways in which a config is broken while somebody types in it: one edit each, from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_KEY = re.compile(r"(?P<indent> *)(?P<key>[\w.-]+):(?P<value>\s+\S.*|\s*)$")
_Lines = list[str]


def broken(text: str, kind: str, seed: str) -> tuple[str, int] | None:
    """The text with one edit of a kind, and the line it is on; None where none is possible."""
    chance = random.Random(f"{kind}-{seed}")
    lines = text.split("\n")
    keys = [at for at, line in enumerate(lines) if _KEY.match(line)]
    suitable = [at for at in keys if BREAKS[kind](lines, at, random.Random(0)) is not None]
    if not suitable:
        return None
    at = chance.choice(suitable)
    edited = BREAKS[kind](lines, at, chance)
    return ("\n".join([*lines[:at], edited, *lines[at + 1 :]]), at) if edited is not None else None


def _match(lines: _Lines, at: int) -> tuple[str, str, str]:
    match = _KEY.match(lines[at])
    assert match is not None
    return match["indent"], match["key"], match["value"].strip()


def _half_typed(lines: _Lines, at: int, chance: random.Random) -> str | None:
    """A new key above this one, half typed."""
    indent, key, _ = _match(lines, at)
    return f"{indent}{key[: max(1, len(key) // 2)]}\n{lines[at]}"


def _no_colon(lines: _Lines, at: int, chance: random.Random) -> str | None:
    return lines[at].replace(":", "", 1)


def _open_quote(lines: _Lines, at: int, chance: random.Random) -> str | None:
    indent, key, value = _match(lines, at)
    if not value or value[0] in "\"'[{|>&*#":
        return None
    quote = chance.choice("\"'")
    return f"{indent}{key}: {quote}{value}"


def _open_bracket(lines: _Lines, at: int, chance: random.Random) -> str | None:
    indent, key, value = _match(lines, at)
    if not value or value[0] in "\"'[{|>&*#":
        return None
    return f"{indent}{key}: [{value}"


def _second_colon(lines: _Lines, at: int, chance: random.Random) -> str | None:
    indent, key, value = _match(lines, at)
    if not value or value[0] in "\"'[{|>&*#":
        return None
    return f"{indent}{key}: {value}: x"


def _indent_off(lines: _Lines, at: int, chance: random.Random) -> str | None:
    return f" {lines[at]}" if chance.random() < 0.5 or lines[at][0] != " " else lines[at][1:]


def _tab(lines: _Lines, at: int, chance: random.Random) -> str | None:
    return "\t" + lines[at].lstrip() if lines[at].startswith(" ") else None


def _no_value(lines: _Lines, at: int, chance: random.Random) -> str | None:
    indent, key, value = _match(lines, at)
    return f"{indent}{key}:" if value and value[0] not in "|>" else None


BREAKS: dict[str, Callable[[_Lines, int, random.Random], str | None]] = {
    "half-typed key": _half_typed,
    "no colon": _no_colon,
    "open quote": _open_quote,
    "open bracket": _open_bracket,
    "a: b: c": _second_colon,
    "indent off by one": _indent_off,
    "tab indent": _tab,
    "empty value": _no_value,
}
