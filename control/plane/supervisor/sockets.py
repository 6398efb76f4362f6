"""The folder of the sockets on which inference processes listen."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

# A Unix socket's path may have 107 bytes; the state folder's may be longer than that already.
PREFIX = "ct-"
LONGEST = 60


def socket_folder(state: Path) -> Path:
    """A short private folder; the one of a predecessor that was killed is removed."""
    link = state / "sockets"
    try:
        old = link.readlink()
        link.unlink()
    except OSError:
        pass
    else:
        if old.name.startswith(PREFIX):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_short_temporary()))
    link.symlink_to(folder)
    return folder


def _short_temporary() -> str:
    candidate = tempfile.gettempdir()
    return candidate if len(candidate) <= LONGEST else "/tmp"
