"""Conversions of scalars as the existing loader makes them: what passes for a number or a bool.

The loader never turns a number into text (`cpu: 4` is refused) but reads numbers and bools from
text (`"5"`, `"yes"`), whole floats as integers and bools as numbers. Each function returns the
converted value, or None when the loader would refuse it.
"""

from __future__ import annotations

import re

_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})
_DIGITS = "[0-9](?:_?[0-9])*"
# As a JSON schema has them: with the spaces around, and without flags.
WHOLE_PATTERN = rf"\s*[+-]?{_DIGITS}(?:\.0+)?\s*"
NUMBER_PATTERN = (
    rf"\s*[+-]?(?:(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
    r"|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])\s*"
)
BOOLEAN_WORDS = (*sorted(_TRUE), *sorted(_FALSE))
_WHOLE = re.compile(r"[+-]?\d(?:_?\d)*(?:\.0+)?", re.ASCII)
# Longer digit strings are refused by the loader's parser, and are slow to convert.
_MAX_DIGITS = 4300
_MAX_WHOLE_FLOAT = 2.0**63


def to_text(value: object) -> str | None:
    """Text stays text; binary (`!!binary`) becomes text when it is UTF-8."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return None


def to_integer(value: object) -> int | None:
    """Integers, bools, whole floats and their texts."""
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _MAX_WHOLE_FLOAT else None
    text = to_text(value)
    if text is None:
        return None
    text = text.strip()
    if len(text) > _MAX_DIGITS or not _WHOLE.fullmatch(text):
        return None
    return int(text.split(".")[0])


def to_number(value: object) -> float | None:
    """Numbers, bools and the texts of numbers, `nan` and `inf` included."""
    if isinstance(value, (bool, int, float)):
        try:
            return float(value)
        except OverflowError:
            return None
    text = to_text(value)
    if text is None:
        return None
    text = text.strip()
    if not text.isascii() or "__" in text or text != text.strip("_"):
        return None
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return None


def to_boolean(value: object) -> bool | None:
    """Bools, 0 and 1, and the words YAML and people use for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return bool(value) if value in (0, 1) else None
    text = to_text(value)
    if text is None:
        return None
    word = text.lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None
