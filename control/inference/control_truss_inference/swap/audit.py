"""Looks for what is alive and would go on with the old code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..version import Version
    from .document import SwapDocument
    from .generation import Generation


def audit(document: SwapDocument, serving: Generation, version: Version) -> None:
    """Raises SwapRefused."""
