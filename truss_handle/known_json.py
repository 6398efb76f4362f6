"""Small JSON files that every verb asks for: read again only when they are others than before.

They are replaced, never written into (`files.write_atomic`), so a file that looks the same is.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from truss_handle.files import read_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Stamp = tuple[int, int, int]

_known: OrderedDict[str, tuple[Stamp, Any]] = OrderedDict()
_KEPT, _LARGE = 16, 1 << 20


def known_json(path: Path, made: Callable[[Any], Any] | None = None) -> Any | None:
    """The value in the file, which belongs to everybody; None as `read_json`. With `made`, what
    that makes of the value; of one file, all have to ask for the same."""
    stamp = _stamp(path)  # before reading: of what is replaced meanwhile it is too old
    if stamp is None:
        return None
    known, value = _known.get(str(path), (None, None))
    if stamp == known:
        return value
    value = read_json(path)
    if made is not None:
        value = made(value)
    if stamp[-1] < _LARGE:
        _known[str(path)] = stamp, value
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return value


def recalled_json(path: Path) -> Any | None:
    """As `known_json`; None also where only reading could tell."""
    known, value = _known.get(str(path), (None, None))
    return value if known is not None and known == _stamp(path) else None


def _stamp(path: Path) -> Stamp | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size
