"""How long to wait before a crashed process is started again. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
# A process that lived this long has shown that it can.
HEALTHY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Counts the crashes in a row."""

    crashes: int = 0

    def after(self, lived: float) -> Backoff:
        """The state after a crash of a process that lived `lived` seconds."""
        return Backoff(1) if lived >= HEALTHY_SECONDS else replace(self, crashes=self.crashes + 1)

    @property
    def delay(self) -> float:
        """Seconds to wait before the next start; 0 after the first crash."""
        return DELAYS[min(max(self.crashes - 1, 0), len(DELAYS) - 1)]
