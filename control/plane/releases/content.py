"""Where each file of a release to be staged comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.entry import link_digest

if TYPE_CHECKING:
    from pathlib import Path

    from control.plane.releases.manifest import FileRecord


@dataclass(frozen=True, slots=True)
class Kept:
    """Unchanged: shares the old release's file."""

    record: FileRecord

    @property
    def digest(self) -> str:
        return self.record.digest

    @property
    def target(self) -> str | None:
        return self.record.target


@dataclass(frozen=True, slots=True)
class Written:
    """New bytes."""

    content: bytes
    executable: bool
    digest: str = field(init=False)
    target: None = field(init=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.content).hexdigest())


@dataclass(frozen=True, slots=True)
class Linked:
    """A new symbolic link."""

    target: str

    @property
    def digest(self) -> str:
        return link_digest(self.target)


@dataclass(frozen=True, slots=True)
class Copied:
    """A file outside the state folder, copied and checked against the digest it had."""

    source: Path
    digest: str
    executable: bool
    target: None = field(init=False, default=None)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file that is ours: a blob, or a file of a release."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Assembled:
    """A file put together from pieces, checked against the digest it was announced with."""

    digest: str
    executable: bool
    pieces: tuple[Piece, ...]
    target: None = field(init=False, default=None)


Content = Kept | Written | Linked | Copied | Assembled
