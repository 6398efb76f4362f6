"""Flow style: what is open at the cursor between `{` or `[` and the end of what was typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from lsp_server.features.outline import KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_LINES = 100
_OPENS = re.compile(rf"(?P<before> *(?:- +)*)(?:(?P<key>{KEY}): +)?(?=[\[{{])")
_CLOSES = {"}": "{", "]": "["}


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a value in flow style begins: its line, what stands before it, its own key."""

    number: int
    column: int
    before: str
    key: str | None


@dataclass(frozen=True, slots=True)
class State:
    """What is typed at the end of a flow text, and the keys that lead there."""

    kind: Literal["key", "value", "item"]
    path: tuple[str, ...]
    word: str
    written: frozenset[str]
    lead: str
    quote: str


@dataclass(slots=True)
class _Frame:
    """One open brace or bracket."""

    sign: str
    token: int
    key: str | None = None
    written: set[str] = field(default_factory=set)


def opening(lines: Sequence[str], number: int, before: str) -> Opening | None:
    """The nearest line above (or this one) with a flow value that may still be open here.

    A line that is not indented deeper than the value's key has ended it, brackets or not: that is
    how a person reads a bracket that was forgotten.
    """
    least = len(before) - len(before.lstrip(" ")) if before.strip() else len(before)
    for other in range(number, max(number - MOST_LINES, -1), -1):
        text = before if other == number else lines[other]
        if not text.strip():
            continue
        indent = len(text) - len(text.lstrip(" "))
        match = _OPENS.match(text)
        if match is not None and (other == number or indent < least):
            key = match["key"].strip("'\"") if match["key"] else None
            return Opening(other, match.end(), match["before"], key)
        if other != number:
            least = min(least, indent)
        if least == 0 and other != number:
            return None
    return None


def scan(text: str) -> State | None:
    """Reads from the first bracket to the end; None where everything is closed there."""
    frames: list[_Frame] = []
    quote, at = "", 0
    while at < len(text):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and frames and not text[frames[-1].token : at].strip():
            quote = sign
        elif sign == "#" and text[at - 1 : at].isspace():
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif sign in "{[":
            frames.append(_Frame(sign, at + 1))
        elif sign in "}]":
            if not frames or frames.pop().sign != _CLOSES[sign] or not frames:
                return None
        else:
            _step(frames[-1], text, at)
        at += 1
    return _state(frames, text, quote) if frames else None


def _step(frame: _Frame, text: str, at: int) -> None:
    """Commas end an entry, colons a key."""
    if text[at] == ",":
        frame.key, frame.token = None, at + 1
    elif text[at] == ":" and frame.sign == "{" and frame.key is None and _ends_key(text, at):
        frame.key = text[frame.token : at].strip().strip("'\"")
        frame.written.add(frame.key)
        frame.token = at + 1


def _ends_key(text: str, at: int) -> bool:
    following = text[at + 1 : at + 2]
    return not following or following.isspace() or text[at - 1] in "'\""


def _state(frames: list[_Frame], text: str, quote: str) -> State | None:
    last = frames[-1]
    typed = text[last.token :]
    word = typed.lstrip()
    if any(sign.isspace() for sign in word.rstrip("\n")) and not quote:
        return None  # behind a finished value: a comma has to come first
    path = tuple(frame.key for frame in frames if frame.key is not None)
    if last.sign == "[":
        return State("item", path, word.removeprefix(quote), frozenset(), "", quote)
    if last.key is None:
        return State("key", path, word.removeprefix(quote), frozenset(last.written), "", quote)
    lead = "" if typed[:1].isspace() or quote else " "
    return State("value", path, word.removeprefix(quote), frozenset(), lead, quote)
