"""What is alive and would go on with old code forbids a hot swap."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from hot_swaps import MODEL, Swapping, document, module, swapping

if TYPE_CHECKING:
    from pathlib import Path

FRAME = """
import asyncio, collections, functools, queue, threading, time

class Helper:
    pass

class Other:
    pass

def helper():
    return "{word}"

def spin():
    while True:
        time.sleep(0.001)

async def tick():
    while True:
        await asyncio.sleep(0.001)

HANDLERS = []

class Model:
    def __init__(self, **kwargs):
        self.kept = []

    def load(self):
        {load}

    def on_event(self):
        return "{word}"

    def predict(self, request):
        {serve}
        return "{word}"
"""
# What load or a request does, what is affected, and a word of the reason (None: nothing forbids).
CASES = {
    "nothing": ("pass", "Model.predict", None),
    "an instance": ("self.kept = Helper()", "Helper", "instance"),
    "an instance deep down": ("self.kept = {'a': [Helper()]}", "Helper", "instance"),
    "an instance of another class": ("self.kept = Other()", "Helper", None),
    "a subclass": ("self.kept = type('Sub', (Helper,), {})", "Helper", "derived"),
    "a class in a registry": (
        "HANDLERS.append(Helper)",
        "Helper",
        "`HANDLERS` of model.model holds it",
    ),
    "a function in a list": ("self.kept.append(helper)", "helper", "hold"),
    "a function as attribute": ("self.handler = helper", "helper", "hold"),
    "another function in a list": ("self.kept.append(spin)", "helper", None),
    "a partial": ("self.kept = functools.partial(helper)", "helper", "partial"),
    "a bound method": ("self.kept = self.on_event", "Model.on_event", "bound method"),
    "a bound method of another": ("self.kept = self.on_event", "Model.predict", None),
    "a timer": (
        "t = threading.Timer(99, self.on_event); t.daemon = True; t.start()",
        "Model.on_event",
        "bound method",
    ),
    "a thread that runs it": (
        "threading.Thread(target=spin, daemon=True, name='spinner').start()",
        "spin",
        "spin",
    ),
    "a thread that runs another": (
        "threading.Thread(target=spin, daemon=True).start()",
        "helper",
        None,
    ),
    "a closure over the model": ("self.kept = lambda: self.on_event()", "Model.on_event", None),
    "the model in a queue": (
        "q = queue.Queue(); q.put(self); HANDLERS.append(q)",
        "Model.predict",
        "model",
    ),
}


def check(server: Swapping, affected: str, reason: str | None, text: dict[str, str]) -> None:
    new = FRAME.format(word="new", **text)
    part = module(MODEL, new, execute=["Model", affected], carry=["Helper", "Other", "HANDLERS"])
    part["carry"] = [
        name for name in ("Helper", "Other", "helper", "spin", "HANDLERS") if name != affected
    ]
    swap = document(part, affected={"model.model": [affected]})
    server.managed.send("swap_audit", id=1, swap=swap)
    foreseen = server.managed.event("swap_audited")
    server.prepare(server.stage({MODEL: new}), swap)
    event = server.outcome("swap_refused" if reason else "swap_ready")
    if reason is not None:
        assert reason in "; ".join(event["reasons"])
    assert foreseen["certain"]
    assert foreseen["reasons"] == event.get("reasons", []), "what is foreseen is what happens"


@pytest.mark.parametrize("case", CASES)
def test_what_load_handed_out(tmp_path: Path, case: str) -> None:
    load, affected, reason = CASES[case]
    text = {"load": load, "serve": "pass"}
    with swapping(tmp_path, {MODEL: FRAME.format(word="old", **text)}) as server:
        assert server.ask() == "old"
        check(server, affected, reason, text)


@pytest.mark.parametrize("case", CASES)
def test_what_a_request_handed_out(tmp_path: Path, case: str) -> None:
    serve, affected, reason = CASES[case]
    text = {"load": "pass", "serve": serve}
    with swapping(tmp_path, {MODEL: FRAME.format(word="old", **text)}) as server:
        assert server.ask() == "old"
        check(server, affected, reason, text)


def test_a_task_that_runs_it(tmp_path: Path) -> None:
    text = {"load": "pass", "serve": "pass"}
    frame = FRAME.replace("def load", "async def load").replace(
        "{load}", "self.task = asyncio.create_task(tick())"
    )
    with swapping(tmp_path, {MODEL: frame.format(word="old", **text)}) as server:
        check(server, "tick", "tick", text)


def test_forced(tmp_path: Path) -> None:
    """For the table of cases that finds out when a swap would have been right."""
    text = {"load": "self.kept = Helper()", "serve": "pass"}
    with swapping(tmp_path, {MODEL: FRAME.format(word="old", **text)}) as server:
        new = FRAME.format(word="new", **text)
        part = module(MODEL, new, execute=["Model", "Helper"], carry=["HANDLERS"])
        swap: dict[str, Any] = document(part, affected={"model.model": ["Helper"]})
        server.prepare(server.stage({MODEL: textwrap.dedent(new)}), swap, force=True)
        server.outcome("swap_ready")
        server.commit()
        assert server.ask() == "new"
