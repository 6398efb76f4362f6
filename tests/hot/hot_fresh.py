"""Freshly started versions of a case: real inference processes, the reference for every verdict."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.hot.hot_answers import Answer, ask_all, with_gate
from tests.hot.hot_cases import Case
from tests.hot.hot_verdicts import Fresh
from tests.inference.inference_process import Managed, booted, write_truss

# How a freshly started process over these files answers the second requests after the first; None
# if it does not start.
Ask = Callable[[Mapping[str, str], Iterable[Any], Iterable[Any]], Sequence[Answer] | None]


def fresh(case: Case, ask: Ask | None = None) -> Fresh:
    """The reference for a case. Each question is answered by a process of its own, once."""
    asked = ask or answers
    opened = [with_gate(step) for step in case.in_flight]
    return Fresh(
        probed=cache(lambda: asked(case.after, [], case.probes)),
        exercised=cache(lambda: asked(case.after, case.exercise, case.probes) or []),
        old=cache(lambda: asked(case.before, case.exercise, case.probes) or []),
        in_flight_old=cache(lambda: asked(case.before, case.exercise, opened) or []),
        in_flight_new=cache(lambda: asked(case.after, case.exercise, opened) or []),
    )


def strictly_fresh(case: Case) -> Fresh:
    """As `fresh`; requests in flight have to finish on version 1."""
    reference = fresh(case)
    return dataclasses.replace(reference, in_flight_new=reference.in_flight_old)


def answers(
    files: Mapping[str, str], exercise: Iterable[Any], probe: Iterable[Any]
) -> Sequence[Answer] | None:
    """How a new process over these files answers `probe`; None if it does not load."""
    with loaded(files) as model:
        if model is None:
            return None
        ask_all(model.http, exercise)
        return ask_all(model.http, probe)


@contextlib.contextmanager
def loaded(files: Mapping[str, str]) -> Iterator[Managed | None]:
    """A new process that has loaded these files; None if it could not."""
    with tempfile.TemporaryDirectory(prefix="hot-") as folder, booted() as model:
        config = yaml.safe_load(files["config.yaml"])
        model.load(write_truss(Path(folder), None, files, **config))
        ended = model.event("ready", "load_failed")
        yield model if ended["event"] == "ready" else None
