"""What completion may ask about the world outside of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lsp_server.view import View


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder by its name."""

    name: str
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Distribution:
    """A Python package that is installed or required somewhere near; `where` says so in words."""

    name: str
    version: str
    where: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Answers that cost a look at the disk, each asked for only where a place needs it."""

    view: Callable[[], View | None]
    entries: Callable[[Path], Iterable[Entry]]
    distributions: Callable[[], Iterable[Distribution]]
    installed: Callable[[str], Iterable[tuple[str, str | None]]]
    """Package → where it could be installed, and the version there."""
    text: Callable[[str], str | None]
    """Path in the Truss → the text of that file; None where there is none."""


NOTHING_AROUND = Surroundings(
    lambda: None, lambda folder: (), lambda: (), lambda name: (), lambda path: None
)
