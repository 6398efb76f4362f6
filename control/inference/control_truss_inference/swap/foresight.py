"""What speaks against a swap at this moment, looked for without making it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Sequence

from ..exceptions import SwapRefused
from .pause import QUIET_SECONDS

if TYPE_CHECKING:
    from ..in_flight import InFlight

logger = logging.getLogger(__name__)
MAY_COMPUTE = "a request in flight may compute again what it had cached"


@dataclass(frozen=True)
class Verdict:
    """`reasons` are those that were found. It is not `certain` where requests were in flight, which
    may end before the swap, nor where the look was ended early."""

    reasons: Sequence[str]
    certain: bool


def foreseen(
    look: Callable[[], object],
    in_flight: InFlight,
    is_wanted: Callable[[], bool],
    *,
    drops_cached: bool,
) -> Verdict:
    """The verdict of `look`, which raises SwapRefused. Nothing is held up for it: where requests
    in flight may be the reason, it looks again once they have ended, if that is soon."""
    if not is_wanted():
        return Verdict((), certain=False)
    verdict = _verdict(look, in_flight)
    if verdict.reasons and not verdict.certain:
        end = time.monotonic() + QUIET_SECONDS
        while in_flight.count and is_wanted() and time.monotonic() < end:
            time.sleep(0.001)
        if is_wanted() and not in_flight.count:
            verdict = _verdict(look, in_flight)
    if not verdict.reasons and not is_wanted():
        return Verdict((), certain=False)
    if not verdict.reasons and drops_cached and in_flight.count:
        return Verdict((MAY_COMPUTE,), certain=False)
    return verdict


def _verdict(look: Callable[[], object], in_flight: InFlight) -> Verdict:
    before = in_flight.count
    reasons: Sequence[str] = ()
    try:
        look()
    except SwapRefused as refusal:
        reasons = refusal.reasons
    except Exception:  # what the swap would say of it, nobody knows before
        logger.exception("A look for what holds the old code failed.")
        return Verdict((), certain=False)
    return Verdict(reasons, certain=not reasons or not (before or in_flight.count))
