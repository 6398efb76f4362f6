"""What can go wrong with the definitions of a Truss.

    TrussBaseError
    ├── NotATruss              the directory holds no Truss
    ├── ConfigError            config.yaml cannot be used
    ├── PathError              a path has no place in a Truss
    │   └── UnreadablePath     it has one, but cannot be read
    ├── IgnoreError            .truss_ignore cannot be used
    ├── SignatureError         a stored signature cannot be used
    └── PatchError             a patch cannot be used
        ├── UnknownPatchType   its type is not one of ours
        └── MalformedPatch     its body is not what its type asks for

Every message is one line for a person: what happened, where, what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from truss_base.config.faults import Fault


class TrussBaseError(Exception):
    """The root of every error that `truss_base` raises on purpose."""


class NotATruss(TrussBaseError):
    """The directory holds no Truss; the message says what is missing."""


class ConfigError(TrussBaseError):
    """`config.yaml` cannot be used; the message lists every fault.

    `faults` has them as data where values are at fault; it is empty for a file or its YAML.
    """

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class PathError(TrussBaseError):
    """A path has no place in a Truss: it leaves its root, collides, or cannot be written down."""


class UnreadablePath(PathError):
    """A file of the Truss cannot be read; the message carries the system's reason."""


class IgnoreError(TrussBaseError):
    """`.truss_ignore` cannot be used; the message names the line."""


class SignatureError(TrussBaseError):
    """A stored signature is not one, or misses a part."""


class PatchError(TrussBaseError):
    """A patch cannot be used; nothing was changed."""


class UnknownPatchType(PatchError):
    """The patch's type is none that this version knows."""


class MalformedPatch(PatchError):
    """The patch's body is not what its type asks for; the message names the key and its place."""
