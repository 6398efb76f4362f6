"""The output of detached servers, in a file: its tail, its growth, its last words."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

_POLL = 0.1
_BLOCK = 1 << 16


def tail_of(log: Path, lines: int) -> list[str]:
    """The last lines; none where there is no file."""
    try:
        with log.open(encoding="utf-8", errors="replace") as stream:
            return [line.rstrip("\r\n") for line in deque(stream, maxlen=lines)]
    except FileNotFoundError:
        return []


def last_words(log: Path) -> str:
    """The last line that says something, for a message about a process that ended."""
    for line in reversed(tail_of(log, 20)):
        if line.strip():
            return line.strip()
    return "it left no message"


async def lines_of(
    log: Path, *, tail: int, follow: bool, alive: Callable[[], bool]
) -> AsyncIterator[str]:
    """The last lines, then new ones for as long as the writer is alive."""
    for line in await asyncio.to_thread(tail_of, log, tail):
        yield line
    position = _size(log)
    rest = b""
    while follow:
        ended = not alive()
        rest += await asyncio.to_thread(_read_from, log, position + len(rest))
        *complete, rest_text = rest.split(b"\n")
        position += len(rest) - len(rest_text)
        rest = rest_text
        for line_bytes in complete:
            yield line_bytes.decode(errors="replace").rstrip("\r")
        if ended:
            return
        if not complete:
            await asyncio.sleep(_POLL)


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def _read_from(log: Path, position: int) -> bytes:
    try:
        with log.open("rb") as stream:
            stream.seek(position)
            return stream.read(_BLOCK)
    except FileNotFoundError:
        return b""
