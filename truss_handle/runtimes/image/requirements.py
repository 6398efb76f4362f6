"""The Python requirements of a Truss, read from its folder, as pip takes them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.requirements import gathered, local_paths, parse
from truss_base.uv import EXPORT, complaint, surroundings
from truss_handle.environments import LOCK_FILE
from truss_handle.exceptions import ImageFailed
from truss_handle.uv_command import find_uv

if TYPE_CHECKING:
    from truss_base.config import TrussConfig


@dataclass(frozen=True, slots=True)
class Requirements:
    """`lines` as in a requirements file; `main`, a path in the Truss, is one itself.

    `files` holds the text of `main` and of everything that it includes, by path in the Truss.
    """

    lines: tuple[str, ...] = ()
    main: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def local(self) -> bool:
        """Whether they name paths, which only mean something with the Truss around them."""
        texts = (line for text in self.files.values() for line in text.splitlines())
        return bool(local_paths([*self.lines, *texts]))


def read_requirements(truss_dir: Path, config: TrussConfig) -> Requirements:
    """What `requirements` and `requirements_file` ask for.

    Raises ImageFailed for a file that cannot be read, or that pip could not take.
    """
    own, name = tuple(config.requirements), config.requirements_file
    if not name:
        return Requirements(own)
    text = _read(truss_dir, name)
    kind = Path(name).name
    if kind == LOCK_FILE:
        return Requirements((*own, *_locked(truss_dir / name)))
    if kind == "pyproject.toml" and sys.version_info < (3, 11):
        raise ImageFailed(
            f"requirements_file: {name} cannot be installed in an image by this version",
            hint="uv export --format requirements-txt > requirements.txt, and name that file",
        )
    if kind == "pyproject.toml":
        return Requirements((*own, *parse(name, text)))
    return Requirements(own, name, gathered(name, lambda path: _read(truss_dir, path)))


def _locked(lock: Path) -> list[str]:
    """What a lock pins. Without hashes: where one line has one, pip wants them for all."""
    command = [str(find_uv()), *EXPORT, "--quiet", "--no-hashes"]
    done = subprocess.run(
        command,
        cwd=lock.parent,
        env=surroundings(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ImageFailed(f"the lock {lock} cannot be read: {complaint(done.stderr)}")
    return done.stdout.splitlines()


def _read(truss_dir: Path, name: str) -> str:
    path = (truss_dir / name).resolve()
    if not path.is_relative_to(truss_dir.resolve()):
        raise ImageFailed(f"the requirements file {name} is outside the Truss")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ImageFailed(f"the requirements file {name} cannot be read: {error}") from error
