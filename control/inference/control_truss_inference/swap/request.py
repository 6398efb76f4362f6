"""A swap as it is asked for, and what can be done for it before anybody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping

from ..release import Release
from .building import compile_modules
from .document import SwapDocument

if TYPE_CHECKING:
    from .compiling import CompiledModule


@dataclass(frozen=True)
class SwapRequest:
    """One swap as it was asked for. With `force` nothing alive is looked at."""

    number: int
    release_dir: str
    config_file: str
    document: SwapDocument
    force: bool

    @classmethod
    def from_wire(cls, operation: Mapping[str, Any]) -> SwapRequest:
        """Raises KeyError or TypeError for an operation that is not complete."""
        return cls(
            number=int(operation["id"]),
            release_dir=str(operation["release_dir"]),
            config_file=str(operation["config_file"]),
            document=SwapDocument.from_wire(operation["swap"]),
            force=bool(operation.get("force")),
        )


@dataclass(frozen=True)
class Compiled:
    """A version, and the code of the swap to it."""

    release_dir: str
    document: SwapDocument
    release: Release
    modules: Mapping[str, CompiledModule]

    @classmethod
    def of(cls, release_dir: str, config_file: str, document: SwapDocument) -> Compiled:
        """Reads and compiles; runs nothing. Raises ReleaseError, SyntaxError, OSError."""
        release = Release.read(release_dir, config_file)
        return cls(release_dir, document, release, compile_modules(document, release.root))

    def is_of(self, release_dir: str, document: SwapDocument) -> bool:
        """Whether it is what a swap by this document to this version needs."""
        return (self.release_dir, self.document) == (release_dir, document)
