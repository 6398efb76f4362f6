"""Who is told what becomes of a swap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Sequence

if TYPE_CHECKING:
    from ..loading import LoadedModel
    from ..tracebacks import ErrorReport
    from .foresight import Verdict


class SwapObserver(Protocol):
    """Told what becomes of a swap, by the number it was asked for with. May be called from any
    thread."""

    def swap_ready(self, number: int, model: LoadedModel, seconds: float) -> None: ...
    def swap_refused(self, number: int, reasons: Sequence[str]) -> None: ...
    def swap_failed(self, number: int, error: ErrorReport) -> None: ...
    def swapped(self, number: int) -> None: ...
    def released(self, number: int) -> None: ...
    def swap_audited(self, number: int, verdict: Verdict) -> None: ...
