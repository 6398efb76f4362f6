"""A copy of a Truss's files, so that what runs does not change while the user types."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from truss_base import tree
from truss_base.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from truss_base.entry import Entry


def stage(truss_dir: Path, target: Path) -> Signature:
    """Copy exactly the files that the hash covers; the signature of what was copied."""

    def copied(entries: Sequence[Entry]) -> Signature:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for entry in entries:
            _copy(entry, target / entry.path)
        return Signature.of_entries(entries)

    return tree.consistent(truss_dir, copied)


def _copy(entry: Entry, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    if entry.target is not None:
        destination.symlink_to(entry.target)
        return
    shutil.copyfile(entry.source, destination)
    destination.chmod(0o755 if entry.executable else 0o644)
