"""What speaks against a swap is told without a trace, and without holding up anything."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from hot_swaps import MODEL, Swapping, document, module, swapping
from inference_environments import VERSIONS, environment
from inference_process import PREDICT, eventually

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import builtins, gc, os, sys, threading, time, types

class Helper:
    pass

class Model:
    def load(self):
        self.cached = None

    def predict(self, request):
        if request == "state":
            return state()
        if request:
            mine = Helper()
            open(request + ".begun", "w").close()
            while not os.path.exists(request):
                time.sleep(0.002)
        return "{word}"

def state():
    gc.collect()
    modules = [each for each in gc.get_objects() if type(each) is types.ModuleType]
    threads = sorted(thread.name for thread in threading.enumerate())
    return [
        sorted(id(each) for each in modules),
        sorted(sys.modules),
        id(sys.modules["model.model"]),
        sum(type(each).__name__ in ("Model", "Generation") for each in gc.get_objects()),
        [id(builtins.__import__), sys.path, os.getcwd()],
        [name for name in threads if not name.startswith(("model", "swap"))],
    ]
"""


def asked(server: Swapping, number: int, *drop_cached: str) -> None:
    """Asks what a swap of the helper would meet with."""
    new = SOURCE.replace("{word}", "new")
    part = module(MODEL, new, execute=["Helper", "Model"], carry=["state"])
    swap = {**document(part, affected={"model.model": ["Helper"]}), "drop_cached": drop_cached}
    server.managed.send("swap_audit", id=number, swap=swap)


def verdict(server: Swapping, number: int, *drop_cached: str) -> dict[str, Any]:
    asked(server, number, *drop_cached)
    event = server.managed.event("swap_audited")
    assert event["id"] == number
    return event


def begun(server: Swapping, gate: Path) -> threading.Thread:
    """A request in flight, until there is a file at the gate."""
    request = threading.Thread(target=lambda: server.managed.http.post(PREDICT, json=str(gate)))
    request.start()
    eventually(gate.with_name(f"{gate.name}.begun").exists)
    return request


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_left_of_it(version: str, environments: Path, tmp_path: Path) -> None:
    python = environment(version, environments)
    with swapping(tmp_path, {MODEL: SOURCE.replace("{word}", "old")}, python) as server:
        verdict(server, 1)  # what is only made once, such as a thread to look in
        before = server.ask("state")
        for number in range(2, 6):
            assert verdict(server, number)["reasons"] == []
        assert server.ask("state") == before
        assert server.ask() == "old"
        server.edit(SOURCE.replace("{word}", "new"), number=6, carry=["Helper", "state"])
        assert server.ask() == "new"
        assert verdict(server, 7)["reasons"] == []


def test_requests_in_flight_make_it_uncertain(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: SOURCE.replace("{word}", "old")}) as server:
        gate = tmp_path / "gate"
        request = begun(server, gate)
        told = verdict(server, 1)
        assert (bool(told["reasons"]), told["certain"]) == (True, False)
        gate.touch()
        request.join()
        told = verdict(server, 2)
        assert (told["reasons"], told["certain"]) == ([], True)


def test_what_a_request_may_compute_again_makes_it_uncertain(tmp_path: Path) -> None:
    source = SOURCE.replace("mine = Helper()", "pass")
    with swapping(tmp_path, {MODEL: source.replace("{word}", "old")}) as server:
        gate = tmp_path / "gate"
        request = begun(server, gate)
        told = verdict(server, 1, "cached")
        assert (len(told["reasons"]), told["certain"]) == (1, False)
        assert "may compute again" in told["reasons"][0]
        gate.touch()
        request.join()


def test_a_swap_that_is_asked_for_ends_it(tmp_path: Path) -> None:
    """Both are sent at once: the look gives way, and the swap is made."""
    with swapping(tmp_path, {MODEL: SOURCE.replace("{word}", "old")}) as server:
        gate = tmp_path / "gate"
        request = begun(server, gate)
        new = SOURCE.replace("{word}", "new")
        truss = server.stage({MODEL: new})
        asked(server, 1)
        asked(server, 2)
        part = module(MODEL, new, execute=["Model"], carry=["Helper", "state"])
        server.prepare(truss, document(part), 3)
        ended = [server.managed.event("swap_audited") for _ in range(2)]
        assert [event["certain"] for event in ended] == [False, False]
        assert server.managed.event("swap_ready")["id"] == 3
        server.commit(3)
        gate.touch()
        request.join()
        assert server.ask() == "new"


def test_an_operation_that_is_not_complete_is_refused(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: SOURCE.replace("{word}", "old")}) as server:
        server.managed.send("swap_audit", id=1, swap={})
        assert verdict(server, 2)["reasons"] == []


ODD = """
import sys, types

class Path(list):
    def __len__(self):
        raise RuntimeError("no length")

class Model:
    def load(self):
        import outer.inner.deep
        del sys.modules["outer"], sys.modules["outer.inner.deep"]

    def predict(self, request):
        if request:
            sys.modules["odd"] = types.ModuleType("odd")
            sys.modules["odd"].__path__ = Path()
        else:
            sys.modules.pop("odd", None)
        return "{word}"
"""


def test_a_look_that_fails_ends_no_swaps(tmp_path: Path) -> None:
    files = {MODEL: ODD.replace("{word}", "old"), "packages/outer/inner/deep/x.py": ""}
    with swapping(tmp_path, files) as server:
        assert server.ask(True) == "old"
        told = verdict(server, 1)
        assert (told["reasons"], told["certain"]) == ([], False)
        assert server.ask() == "old"
        server.edit(ODD.replace("{word}", "new"), number=2, carry=["Path"])
        assert server.ask() == "new"
