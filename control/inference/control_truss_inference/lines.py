"""Where the lines of code that runs stand in the newest files.

What a hot swap takes over names the file and the lines of the version that made it. In the newest
one, and in the editor, it may stand elsewhere: a comment above it is enough.
"""

from __future__ import annotations

import functools
import importlib.util
import linecache
from pathlib import Path
from typing import Sequence

from .importer import SourceLoader


def line_in(newest: Path, filename: str, line: int) -> int:
    """The line of the file `newest` that was `line` of `filename`, an older version of it; where
    it is gone, the one in its place."""
    lines = _lines(str(newest), filename)
    return lines[line - 1] if 0 < line <= len(lines) else line


def line_map(before: Sequence[str], after: Sequence[str]) -> list[int]:
    """For each line of `before` its number in `after`, from 1."""
    import difflib  # for the first error that needs it; a spare has none

    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    last, gained = len(before) - end, len(after) - len(before)
    found = [number + gained * (number > last) for number in range(1, len(before) + 1)]
    matcher = difflib.SequenceMatcher(None, before[start:last], after[start : last + gained], False)
    for _, first, stop, there, beyond in matcher.get_opcodes():
        for offset in range(stop - first):
            place = start + max(min(there + offset, beyond - 1), 0) + 1
            found[start + first + offset] = max(min(place, len(after)), 1)
    return found


def keep_readable() -> None:
    """Has tracebacks show the lines of versions whose files are not there any more."""
    for loader in list(SourceLoader.living):
        if loader.origin not in linecache.cache and not Path(loader.origin).exists():
            lines = [f"{line}\n" for line in _text(loader.source)]
            linecache.cache[loader.origin] = len(loader.source), None, lines, loader.origin


@functools.lru_cache(maxsize=64)  # the files of a version never change
def _lines(newest: str, filename: str) -> Sequence[int]:
    """Empty where nothing is known, or nothing has moved."""
    loader = next((each for each in list(SourceLoader.living) if each.origin == filename), None)
    if loader is None or newest == filename:
        return ()
    try:
        content = Path(newest).read_bytes()
    except OSError:
        return ()
    return () if content == loader.source else line_map(_text(loader.source), _text(content))


def _text(source: bytes) -> list[str]:
    return importlib.util.decode_source(source).split("\n")


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two texts begin with in common."""
    pairs = enumerate(zip(one, other))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))
