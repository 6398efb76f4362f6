"""The Python files of a Truss: the model's, and those that are bundled with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.document import read_text
from truss_base.exceptions import ConfigError
from truss_base.validation.outline import Outline, outline_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config import TrussConfig

# A Truss with more is not looked through on every keystroke.
MOST_FILES = 200
_LONGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file: its path in the Truss, its text and what matters of it."""

    path: str
    text: str
    outline: Outline


@dataclass(frozen=True, slots=True)
class Sources:
    """Python files; `complete` when none was left out."""

    files: tuple[Source, ...]
    complete: bool


def python_sources(config: TrussConfig, directory: Path) -> Sources:
    """The files under the model's folder and the bundled packages, in the order of their paths."""
    paths = list(islice(python_paths(config, directory), MOST_FILES + 1))
    files = [source for path in paths[:MOST_FILES] if (source := _source(path, directory))]
    return Sources(tuple(files), complete=len(files) == len(paths))


def python_paths(config: TrussConfig, directory: Path) -> Iterator[Path]:
    """The Python files that `python_sources` reads, without an end."""
    for name in dict.fromkeys((config.model_module_dir, config.bundled_packages_dir)):
        yield from sorted(map(Path, _python_below(directory / name)))


def _python_below(folder: Path) -> Iterator[str]:
    """Every path below a folder that ends in `.py`, in no order; links to folders are not followed.

    What `rglob` finds, in less than half of its time, which is time of every keystroke.
    """
    pending = [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.name.endswith(".py"):
                        yield entry.path
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except (OSError, ValueError):
            continue


def _source(path: Path, directory: Path) -> Source | None:
    try:
        if path.stat().st_size > _LONGEST:
            return None
        text = read_text(path)
        relative = path.relative_to(directory).as_posix()
    except (ConfigError, OSError, ValueError):
        return None
    return Source(relative, text, outline_of(text))
