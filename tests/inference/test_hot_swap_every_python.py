"""Hot swaps in every Python that users have: frames, garbage and functions differ between them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hot_swaps import MODEL, document, module, swapping
from inference_environments import VERSIONS, environment
from inference_process import eventually

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import dataclasses, gc, os, time

KEPT = []

@dataclasses.dataclass
class Helper:
    word: str = "{word}"

class Base:
    def base(self):
        return "{word}"

def a():
    return "{word}"

def classes():
    gc.collect()
    return sum(isinstance(o, type) and o.__name__ == "Model" for o in gc.get_objects())

class Model(Base):
    def load(self):
        self.loads = getattr(self, "loads", 0) + 1
        self.other = Helper
        self.on_event = self.event

    def event(self):
        return "{word}"

    def predict(self, request):
        if isinstance(request, str):
            open(request + ".begun", "w").close()
            while not os.path.exists(request):
                time.sleep(0.002)
        if request == 1:
            KEPT.append(a)
        return ["{word}", a(), super().base(), self.loads, classes()]
"""
NAMES = ["KEPT", "Helper", "Base", "classes"]


def swap_of(source: str, *affected: str) -> dict[str, object]:
    part = module(MODEL, source, execute=["Model", "a"], carry=NAMES)
    return document(part, affected={"model.model": list(affected)})


@pytest.mark.parametrize("version", VERSIONS)
def test_a_hot_swap(version: str, environments: Path, tmp_path: Path) -> None:
    python = environment(version, environments)
    old, gate = SOURCE.replace("{word}", "old"), tmp_path / "gate"
    with swapping(tmp_path, {MODEL: old}, python, runtime={"predict_concurrency": 2}) as server:
        assert server.ask()[:4] == ["old", "old", "old", 1]
        answers: list[list[object]] = []
        request = threading.Thread(target=lambda: answers.append(server.ask(str(gate))))
        request.start()
        eventually((tmp_path / "gate.begun").exists)
        for number in range(1, 5):
            new = SOURCE.replace("{word}", f"new {number}")
            server.swap({MODEL: new}, swap_of(new, "Model.predict", "a"), number)
            assert server.ask()[:4] == [f"new {number}", f"new {number}", "old", 1]
        gate.touch()
        request.join()
        assert answers[0][:4] == ["old", "old", "old", 1]
        assert eventually(lambda: server.ask()[4] == 1), "what was replaced is let go"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_forbids_it(version: str, environments: Path, tmp_path: Path) -> None:
    python = environment(version, environments)
    new = SOURCE.replace("{word}", "new")
    with swapping(tmp_path, {MODEL: SOURCE.replace("{word}", "old")}, python) as server:
        server.ask()
        truss = server.stage({MODEL: new})
        held = {
            "Helper": "holds it",
            "Model.event": "bound method",
        }
        for number, (name, reason) in enumerate(held.items(), start=1):
            server.prepare(truss, swap_of(new, name), number)
            assert reason in "; ".join(server.outcome("swap_refused")["reasons"]), name
        server.prepare(truss, swap_of(new, "a"), 8)
        server.outcome("swap_ready")
        server.ask(1)
        server.prepare(truss, swap_of(new, "a"), 9)
        assert "hold" in "; ".join(server.outcome("swap_refused")["reasons"])
