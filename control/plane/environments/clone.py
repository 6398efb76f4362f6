"""Clones a virtual environment: every file a second name, nothing copied that need not be.

Installers replace files, they do not write into them, so that what is installed into a clone never
reaches the original. What a *model* writes into its environment would, and reaches the next clone:
such files are found by their time and left out.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from control.plane.releases.directory import NO_HARD_LINKS

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPTS = "bin"
_SETTINGS = "pyvenv.cfg"
# The byte code of modules that are a single file outlives their package's removal, and would be
# taken for that of a new one of the same size that arrives within the same second.
_STALE = "site-packages/__pycache__"


def clone(source: Path, target: Path, made: float) -> list[str]:
    """Makes the new folder `target` a clone of the environment `source`, complete at `made`.

    Gives the files that are missing because they were changed or added since, relative to
    `source`. Raises OSError.
    """
    changed: list[str] = []
    folders = [""]
    # Plain text instead of paths: there are thousands of files, and somebody waits.
    while folders:
        folder = folders.pop()
        os.mkdir(f"{target}/{folder}")  # noqa: PTH102 - see above
        with os.scandir(f"{source}/{folder}") as entries:
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), f"{target}/{name}")  # noqa: PTH115, PTH211 - see above
                elif entry.is_dir(follow_symlinks=False):
                    if not name.endswith(_STALE):
                        folders.append(f"{name}/")
                elif entry.stat(follow_symlinks=False).st_mtime > made and name != _SETTINGS:
                    changed.append(name)
                else:
                    _share(entry.path, f"{target}/{name}")
    _rename_scripts(source, target)
    return changed


def _share(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        shutil.copy2(source, target, follow_symlinks=False)


def _rename_scripts(source: Path, target: Path) -> None:
    """Scripts name their interpreter by its whole path."""
    old, new = (os.fsencode(path) for path in (source, target))
    for script in [target / _SETTINGS, *(target / _SCRIPTS).iterdir()]:
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        if b"\0" in content or old not in content:
            continue
        fresh = script.with_name(f".{script.name}.new")
        fresh.write_bytes(content.replace(old, new))
        fresh.chmod(script.stat().st_mode & 0o777)
        fresh.replace(script)
