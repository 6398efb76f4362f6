"""What bounds a supervisor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes.

    `healthy_after`: a version that answers and lives this long is one to go back to.
    `memory_margin`: what must stay free beside a second process.
    """

    load_timeout: float
    drain_timeout: float
    healthy_after: float
    memory_margin: int
    spare: bool
