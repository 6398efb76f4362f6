"""What requests in flight hold ends with them and forbids no swap, unless it is kept besides."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hot_swaps import MODEL, Swapping, document, module, swapping
from inference_environments import VERSIONS, environment
from inference_process import PREDICT, eventually

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import asyncio, os, threading, time

def wait(gate):
    open(gate + ".begun", "w").close()
    while not os.path.exists(gate):
        time.sleep(0.002)

async def wait_for(gate):
    await asyncio.to_thread(wait, gate) if hasattr(asyncio, "to_thread") else wait(gate)

def parts(gate=None):
    yield "{word}"
    if gate:
        wait(gate)
    yield "{word}"

async def later(gate=None):
    if gate:
        await wait_for(gate)
    return "{word}"

def make(gate):
    def inner():
        wait(gate)
        return "{word}"
    return inner

class Stream:
    def __init__(self, parts):
        self.parts = parts
    def __iter__(self):
        return self
    def __next__(self):
        return next(self.parts)

class Model:
    async def predict(self, request):
        name, gate = request
        if name == "coroutine":
            return await later(gate)
        if name == "gathered":
            return await asyncio.gather(asyncio.sleep(0), later(gate))
        if name == "stream":
            return parts(gate)
        if name == "stream of the user's":
            return Stream(parts(gate))
        if name == "async stream":
            return self.asynchronous(gate)
        answer = await asyncio.get_running_loop().run_in_executor(None, self.answer, name, gate)
        del threading.main_thread().__dict__["kept"]
        return answer

    async def asynchronous(self, gate):
        for part in parts():
            yield await later(gate)

    def answer(self, name, gate):
        thread = threading.main_thread()
        thread.kept = None
        return getattr(self, name)(gate, thread)

    def variable(self, gate, thread):
        some = parts()
        wait(gate)
        return next(some)

    def loop(self, gate, thread):
        for part in parts():
            wait(gate)

    def nested(self, gate, thread):
        inner = make(gate)
        return inner()

    def list_of_it(self, gate, thread):
        thread.kept = [parts()]
        wait(gate)

    def begun_and_kept(self, gate, thread):
        thread.kept = parts()
        next(thread.kept)
        wait(gate)

    def variable_and_kept(self, gate, thread):
        some = thread.kept = parts()
        wait(gate)
        return next(some)

    def running_and_kept(self, gate, thread):
        thread.kept = parts(gate)
        return list(thread.kept)

    def never_awaited(self, gate, thread):
        thread.kept = later()
        wait(gate)
        thread.kept.close()

    def nested_and_kept(self, gate, thread):
        inner = thread.kept = make(gate)
        return inner()

    def stored(self, gate, thread):
        thread.kept = Stream(parts())
        wait(gate)
"""
CARRIED = ["wait", "wait_for", "Stream", "asyncio", "os", "threading", "time"]
AFFECTED = ["parts", "later", "make", "Model.predict", "Model.asynchronous"]
OWN = ["coroutine", "stream", "stream of the user's", "async stream", "variable", "nested"]
HELD = [
    *("list_of_it", "begun_and_kept", "variable_and_kept", "running_and_kept", "never_awaited"),
    *("nested_and_kept", "stored"),
    "gathered",  # a task of the user's may go on by itself
    "loop",  # over something half evaluated, to which nobody can see the reference
]


def outcome(server: Swapping, folder: Path, name: str, number: int) -> str:
    """What becomes of a swap while a request is in flight."""
    gate = folder / f"gate-{number}"
    request = threading.Thread(
        target=lambda: server.managed.http.post(PREDICT, json=[name, str(gate)])
    )
    request.start()
    eventually(folder.joinpath(f"gate-{number}.begun").exists)
    new = SOURCE.replace("{word}", "new")
    part = module(MODEL, new, execute=["parts", "later", "make", "Model"], carry=CARRIED)
    swap = document(part, affected={"model.model": AFFECTED})
    server.prepare(server.stage({MODEL: new}), swap, number)
    event = server.managed.event("swap_ready", "swap_refused", "swap_failed")
    server.managed.send("swap_drop", id=number)
    gate.touch()
    request.join()
    return str(event["event"])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_request_holds(version: str, environments: Path, tmp_path: Path) -> None:
    python = environment(version, environments)
    source = SOURCE.replace("{word}", "old")
    with swapping(tmp_path, {MODEL: source}, python) as server:
        found = {
            name: outcome(server, tmp_path, name, number)
            for number, name in enumerate([*OWN, *HELD], start=1)
        }
    assert found == {name: "swap_ready" if name in OWN else "swap_refused" for name in found}


READER = """
import os, sys, time

def variable(name, gate):
    variables = sys._getframe(1).f_locals
    open(gate + ".begun", "w").close()
    while not os.path.exists(gate):
        time.sleep(0.002)
    return variables[name]
"""
READ = """
import reader

def word():
    return "{word}"

class Model:
    def predict(self, gate):
        said = word
        return [reader.variable("said", gate)()]
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_variables_that_a_library_reads_are_left_to_it(
    version: str, environments: Path, tmp_path: Path
) -> None:
    """As pandas and numexpr do: before Python 3.13 they share one dictionary with whoever looks."""
    python = environment(version, environments)
    gate, answers = tmp_path / "gate", []
    files = {MODEL: READ.replace("{word}", "old"), "packages/reader.py": READER}
    with swapping(tmp_path, files, python) as server:
        request = threading.Thread(target=lambda: answers.append(server.ask(str(gate))))
        request.start()
        eventually(tmp_path.joinpath("gate.begun").exists)
        new = READ.replace("{word}", "new")
        part = module(MODEL, new, execute=["word", "Model"], carry=["reader"])
        swap = document(part, affected={"model.model": ["word"]})
        server.prepare(server.stage({MODEL: new}), swap)
        server.managed.event("swap_ready", "swap_refused")
        gate.touch()
        request.join()
    assert answers == [["old"]]


KEPT = """
import os, threading, time

def wait(gate):
    open(gate + ".begun", "w").close()
    while not os.path.exists(gate):
        time.sleep(0.002)

def word():
    return "{word}"

class Chunks:
    def __init__(self, gate):
        self.word, self.gate, self.left = word, gate, ["a"]
    def __next__(self):
        return self.left.pop()

class Iterated(Chunks):
    def __iter__(self):
        yield "a"
        wait(self.gate)

class Closed(Chunks):
    def __iter__(self):
        return self
    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop()
    def close(self):
        wait(self.gate)

class Model:
    def predict(self, request):
        name, gate = request
        made = globals()[name.split()[0]](gate)
        threading.main_thread().kept = made if name.endswith("kept") else None
        return made
"""
LOOPS = ["Iterated", "Closed", "Iterated and kept", "Closed and kept"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stream_that_is_kept_besides(version: str, environments: Path, tmp_path: Path) -> None:
    """Of what its loop refers to nothing counts twice, nor once it is over."""
    python = environment(version, environments)
    found = {}
    with swapping(tmp_path, {MODEL: KEPT.replace("{word}", "old")}, python) as server:
        new = KEPT.replace("{word}", "new")
        part = module(
            MODEL, new, execute=["word"], carry=["wait", "Chunks", "Iterated", "Closed", "Model"]
        )
        for number, name in enumerate(LOOPS, start=1):
            gate = tmp_path / f"gate-{number}"
            asked = {"json": [name, str(gate)]}
            request = threading.Thread(
                target=server.managed.http.post, args=(PREDICT,), kwargs=asked
            )
            request.start()
            eventually(gate.with_name(f"{gate.name}.begun").exists)
            swap = document(part, affected={"model.model": ["word"]})
            server.prepare(server.stage({MODEL: new}), swap, number)
            found[name] = server.managed.event("swap_ready", "swap_refused")["event"]
            server.managed.send("swap_drop", id=number)
            gate.touch()
            request.join()
    assert [found[name] for name in LOOPS if name.endswith("kept")] == ["swap_refused"] * 2
