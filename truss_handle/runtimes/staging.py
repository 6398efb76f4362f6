"""A copy of a Truss's files, so that what runs does not change while the user types."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from truss_base.signature import Signature
from truss_base.tree import config_text, scan

if TYPE_CHECKING:
    from pathlib import Path


def stage(truss_dir: Path, target: Path) -> Signature:
    """Copy exactly the files that the hash covers; the signature of what was copied."""
    entries = scan(truss_dir)
    target.mkdir(parents=True)
    for entry in entries:
        destination = target / entry.path
        destination.parent.mkdir(parents=True, exist_ok=True)
        if entry.kind == "symlink":
            destination.symlink_to(entry.source.readlink())
        else:
            shutil.copyfile(entry.source, destination)
            destination.chmod(0o755 if entry.executable else 0o644)
    return Signature.of_entries(entries, config_text(truss_dir))
