"""Small files that are either there completely or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write_atomic(path: Path, content: str | bytes, *, mode: int = 0o600) -> None:
    """Replace `path` in one step; the folder is made, for its owner only, when missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def make_room(folder: Path, pattern: str, *, keep: int) -> None:
    """Remove the files that match but the `keep` newest."""
    for old in sorted(folder.glob(pattern), key=_age)[:-keep]:
        old.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process made room at the same time
        return 0.0


def write_json(path: Path, value: Any) -> None:
    """Like `write_atomic`, for a JSON value."""
    write_atomic(path, json.dumps(value, ensure_ascii=False))


def read_json(path: Path) -> Any | None:
    """The value in the file; None where there is no file, or none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
