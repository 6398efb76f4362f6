"""One case in a running model: exercised, changed and probed, whoever does the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hot.hot_answers import ask_all, in_flight
from tests.hot.hot_verdicts import Observed

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.hot.hot_cases import Case


def observe(client: httpx.Client, case: Case, change: Callable[[], bool]) -> Observed:
    """What is seen when `change` brings version 2; it says whether it could."""
    ask_all(client, case.exercise)
    with in_flight(client, case.in_flight) as requests:
        accepted = change()
        answers = ask_all(client, case.probe)
        in_flight_answers = requests.release()
    if case.in_flight:
        answers += ask_all(client, case.probe)
    return Observed(accepted, answers, in_flight_answers)
