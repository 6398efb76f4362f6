"""What a folder holds, as far as somebody who goes there wants to see it at once."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FILES = 20
MOST_FOLDERS = 20


def first_files(folder: Path) -> Iterator[Path]:
    """At most 20 files, the nearest first and by name; hidden ones and caches are left out."""
    left, waiting = MOST_FILES, deque([folder])
    for _ in range(MOST_FOLDERS):
        if not waiting or not left:
            return
        for entry in _entries(waiting.popleft()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif left and entry.is_file():
                left -= 1
                yield Path(entry.path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            shown = [one for one in listing if not one.name.startswith((".", "__pycache__"))]
    except OSError:
        return []
    return sorted(shown, key=lambda entry: entry.name)
