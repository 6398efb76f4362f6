"""Where an interpreter takes packages from, found out without starting it.

As Python's `site` module does it, in its order: the environment's own folder, those of the Python
below it where the environment builds on them, and what path files add. Not the user's home: models
bring their packages in an environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTING = re.compile(r"(?m)^\s*([\w-]+)\s*=\s*(.*?)\s*$")
_VERSIONED = re.compile(r"python3\.\d+")
# Below a prefix, in the order of their precedence. Debian has names of its own; Fedora has two.
_BELOW_PREFIX = (
    "local/lib/{python}/dist-packages",
    "local/lib64/{python}/site-packages",
    "local/lib/{python}/site-packages",
    "lib64/{python}/site-packages",
    "lib/{python}/site-packages",
    "lib/python3/dist-packages",
    "lib/{python}/dist-packages",
)


def site_packages(python: Path) -> list[Path]:
    """The folders of packages of the interpreter `python`, as far as they are there."""
    found: list[Path] = []
    for folder in _own_and_below(python):
        for one in (folder, *_added(folder)):
            # A line too long to be a path is an error to pathlib's `is_dir`.
            if os.path.isdir(one) and one not in found:  # noqa: PTH112 - says False instead
                found.append(one)
    return found


def _own_and_below(python: Path) -> Iterator[Path]:
    root = python.parent.parent
    settings = dict(_SETTING.findall(_text(root / "pyvenv.cfg")))
    if not settings:
        program = python.resolve()
        yield from _below(program.parent.parent, program.name)
        return
    own = sorted(root.glob("lib/python3*/site-packages"))
    yield from own
    if own and settings.get("include-system-site-packages", "").lower() == "true":
        yield from _below(Path(settings.get("home", "")).parent, own[0].parent.name)


def _below(prefix: Path, python: str) -> Iterator[Path]:
    version = python if _VERSIONED.fullmatch(python) else "python3.*"
    for pattern in _BELOW_PREFIX:
        yield from sorted(prefix.glob(pattern.format(python=version)))


def _added(folder: Path) -> Iterator[Path]:
    """What the path files of a folder name; their lines of code are not run."""
    for file in sorted(folder.glob("*.pth")):
        for line in _text(file).splitlines():
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                yield folder / line.strip()


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
