"""Which distributions are installed in folders of packages, by the names of their records.

`importlib.metadata` opens a file for each; a listing of the folder tells as much, since the names
are prescribed (packaging.python.org, "Recording installed projects").
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SEPARATORS = re.compile(r"[-_.]+")
# What pip has begun to remove starts with a tilde; an egg may name a version of Python at its end.
_RECORD = re.compile(r"([A-Za-z0-9][\w.-]*?)-(\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info")


def installed(folders: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """Canonical name → version. The first folder that has a distribution counts, as for imports;
    one that cannot be read holds nothing."""
    found: dict[str, str] = {}
    for folder in folders:
        for name in _names(folder):
            if match := _RECORD.fullmatch(name):
                found.setdefault(_SEPARATORS.sub("-", match[1]).lower(), match[2])
    return found


def _names(folder: str | os.PathLike[str]) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries)
    except OSError:
        return
