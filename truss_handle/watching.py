"""Noticing saves: by looking at times and sizes, never at contents."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.exceptions import TrussBaseError
from truss_base.ignore import IgnoreRules
from truss_base.loading import decoded, known_config
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

Fingerprint = frozenset[tuple[str, int, int, int]]

INTERVAL = 0.3  # seconds between looks


async def changes(
    truss_dir: Path, since: Fingerprint, interval: float = INTERVAL
) -> AsyncIterator[None]:
    """Yields after every change since a fingerprint, once the files have been still for one look.

    Editors write several files, and one file in several steps: half a save is not a change.
    """
    settled = since
    while True:
        await asyncio.sleep(interval)
        now = await asyncio.to_thread(fingerprint, truss_dir)
        if now == settled:
            continue
        while now != settled:
            settled = now
            await asyncio.sleep(interval)
            now = await asyncio.to_thread(fingerprint, truss_dir)
        yield


def fingerprint(truss_dir: Path) -> Fingerprint:
    """Name, time, size and number of every file that belongs to the Truss."""
    try:
        rules = IgnoreRules.load(truss_dir)
    except TrussBaseError:
        rules = IgnoreRules.parse("")  # being edited: the patch itself reports it
    roots = [truss_dir, *_external(truss_dir)]
    return frozenset(found for root in roots for found in _walk(root, rules))


def _external(truss_dir: Path) -> list[Path]:
    try:
        config = known_config(decoded((truss_dir / CONFIG_FILE).read_bytes()))
    except (OSError, TrussBaseError):
        return []
    return [(truss_dir / name).resolve() for name in config.external_package_dirs]


def _walk(root: Path, rules: IgnoreRules) -> Iterator[tuple[str, int, int, int]]:
    for folder, directories, files in os.walk(root):
        inside = Path(folder).relative_to(root)
        directories[:] = [
            name for name in directories if not rules.ignores((inside / name).as_posix(), True)
        ]
        for name in files:
            if rules.ignores((inside / name).as_posix(), False):
                continue
            try:
                stat = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - twice as fast as Path
            except FileNotFoundError:
                continue
            yield os.path.join(folder, name), stat.st_mtime_ns, stat.st_size, stat.st_ino  # noqa: PTH118
