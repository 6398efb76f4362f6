"""Where a request may go: a gate, and what is counted and told on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.plane.proxy.backend import Backend
    from control.plane.proxy.gate import Gate


@dataclass(slots=True)
class Traffic:
    """Counts since start."""

    requests: int = 0
    unavailable: int = 0
    lost: int = 0


@dataclass(slots=True)
class Route:
    """`on_success` hears of every POST that a backend answered with 2xx."""

    gate: Gate
    on_success: Callable[[Backend], None]
    traffic: Traffic = field(default_factory=Traffic)
