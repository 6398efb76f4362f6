"""What a developer's machine does with a Truss: run, patch, predict, logs, stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truss_handle.handle import TrussHandle

__all__ = ["TrussHandle"]


def __getattr__(name: str) -> object:
    # The language server imports parts of this package; it must not pay for all of it.
    if name == "TrussHandle":
        from truss_handle.handle import TrussHandle

        return TrussHandle
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
