"""The Python requirements of a Truss, read from its folder, as pip takes them."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.requirements import parse
from truss_handle.exceptions import ImageFailed

if TYPE_CHECKING:
    from truss_base.config import TrussConfig

_LOCAL_PATH = re.compile(r"(?m)^\s*(-e\b|--editable\b|\.{0,2}/)|@\s*(\.|file:)")
_INCLUDED = re.compile(r"(?m)^\s*(?:-r|-c|--requirement|--constraint)[\s=]+(\S+)")


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
        return any(_LOCAL_PATH.search(text) for text in (*self.lines, *self.files.values()))


def read_requirements(truss_dir: Path, config: TrussConfig) -> Requirements:
    """What `requirements` and `requirements_file` ask for.

    Raises ImageFailed for a file that cannot be read, or that pip could not take.
    """
    own, name = tuple(config.requirements), config.requirements_file
    if not name:
        return Requirements(own)
    text = _read(truss_dir, name)
    kind = Path(name).name
    if kind == "uv.lock" or (kind == "pyproject.toml" and sys.version_info < (3, 11)):
        raise ImageFailed(
            f"requirements_file: {name} cannot be installed in an image by this version",
            hint="uv export --format requirements-txt > requirements.txt, and name that file",
        )
    if kind == "pyproject.toml":
        return Requirements((*own, *parse(name, text)))
    return Requirements(own, name, _with_included(truss_dir, name))


def _with_included(truss_dir: Path, main: str) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _read(truss_dir, name)
            folder = Path(name).parent
            waiting += [(folder / it).as_posix() for it in _INCLUDED.findall(found[name])]
    return found


def _read(truss_dir: Path, name: str) -> str:
    path = (truss_dir / name).resolve()
    if not path.is_relative_to(truss_dir.resolve()):
        raise ImageFailed(f"the requirements file {name} is outside the Truss")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ImageFailed(f"the requirements file {name} cannot be read: {error}") from error
