"""A hot swap: new code for the model that is loaded, between two requests."""

from __future__ import annotations

import textwrap
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hot_swaps import MODEL, document, module, swapping
from inference_process import eventually

if TYPE_CHECKING:
    from pathlib import Path


def source(text: str) -> str:
    return textwrap.dedent(text)


COUNTING = """
    CACHE = []

    class Model:
        def __init__(self, **kwargs):
            self.loads = 0

        def load(self):
            self.loads += 1

        def predict(self, request):
            CACHE.append(request)
            return ["{word}", self.loads, len(CACHE)]
    """


def test_the_new_code_answers_with_the_loaded_state(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: COUNTING.format(word="old")}) as server:
        assert server.ask() == ["old", 1, 1]

        server.edit(COUNTING.format(word="new"), carry=["CACHE"])

        assert server.ask() == ["new", 1, 2], "neither `load` nor the cache began anew"


def test_nothing_is_visible_before_the_commit(tmp_path: Path) -> None:
    new = COUNTING.format(word="new")
    with swapping(tmp_path, {MODEL: COUNTING.format(word="old")}) as server:
        truss = server.stage({MODEL: new})
        server.prepare(truss, document(module(MODEL, new, execute=["Model"], carry=["CACHE"])))
        assert server.outcome("swap_ready")["methods"] == ["predict"]
        assert server.ask()[0] == "old"
        server.commit()
        assert server.ask()[0] == "new"


def test_many_swaps_in_a_row(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: COUNTING.format(word="0")}) as server:
        for number in range(1, 20):
            server.edit(COUNTING.format(word=str(number)), number, carry=["CACHE"])
            assert server.ask() == [str(number), 1, number]


FAILURES = {
    "syntax": ("class Model:\n    def predict(self, request)\n", "SyntaxError", 2),
    "import": ("import no_such_module\nclass Model: pass\n", "ModuleNotFoundError", 1),
    "exception": ("import os\nclass Model:\n    x = 1 / 0\n", "ZeroDivisionError", 3),
    "contract": ("class Model:\n    def other(self): ...\n", "ModelDefinitionError", 1),
    "no class": ("import os\nclass Other: ...\n", "ModelDefinitionError", 1),
    "exit": ("import sys\nclass Model:\n    sys.exit(3)\n", "SystemExit", 3),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_what_fails_leaves_the_old_version_untouched(tmp_path: Path, failure: str) -> None:
    text, kind, line = FAILURES[failure]
    listing = "import sys\n" + source(COUNTING.format(word="old")).replace(
        "return [", "return [sys.modules[__name__].Model is type(self), sys.path[0], "
    )
    with swapping(tmp_path, {MODEL: listing}) as server:
        before = server.ask()
        truss = server.stage({MODEL: text})
        every = list(range(sum(not line.startswith(" ") for line in text.splitlines())))
        server.prepare(truss, document({"name": "model.model", "path": MODEL, "execute": every}))
        error = server.outcome("swap_failed")["error"]
        assert (error["type"], error["line"]) == (kind, line), error
        assert error["path"] == MODEL
        assert server.ask()[:3] == before[:3] == [True, str(server.truss.root), "old"]

        new = listing.replace('"old"', '"new"')
        server.edit(new, 2, carry=["CACHE"])
        assert server.ask()[2] == "new", "a failure is followed by a swap as if it had not been"


def test_a_dropped_swap_is_forgotten(tmp_path: Path) -> None:
    new = COUNTING.format(word="new")
    with swapping(tmp_path, {MODEL: COUNTING.format(word="old")}) as server:
        part = module(MODEL, new, execute=["Model"], carry=["CACHE"])
        server.prepare(server.stage({MODEL: new}), document(part))
        server.outcome("swap_ready")
        server.managed.send("swap_drop", id=1)
        server.managed.send("swap_commit", id=1)
        assert server.ask()[0] == "old"
        server.edit(COUNTING.format(word="newer"), 2, carry=["CACHE"])
        assert server.ask()[0] == "newer"


WAITING = """
    import pathlib
    import time

    from model.helper import WORD, shout

    class Model:
        def predict(self, request):
            if isinstance(request, str):
                pathlib.Path(request + ".begun").touch()
                while not pathlib.Path(request).exists():
                    time.sleep(0.002)
            from model import helper, late
            return {word!r} + [WORD, shout(), helper.WORD, late.WORD]
    """
HELPER = """
    WORD = {word!r}

    def shout():
        return WORD.upper()
    """


def waiting(word: str) -> dict[str, str]:
    return {
        MODEL: source(WAITING.replace("{word!r}", f"[{word!r}]")),
        "model/helper.py": source(HELPER.format(word=word)),
        "model/late.py": f"WORD = {word!r}\n",
    }


def test_a_request_in_flight_stays_with_its_version(tmp_path: Path) -> None:
    """Its functions, its globals, and what it imports only after the swap."""
    gate, answers = tmp_path / "gate", []
    with swapping(tmp_path, waiting("old"), runtime={"predict_concurrency": 2}) as server:
        request = threading.Thread(target=lambda: answers.append(server.ask(str(gate))))
        request.start()
        eventually(gate.with_suffix(".begun").exists)
        new = waiting("new")
        server.swap(new, document(*(module(path, text) for path, text in new.items())))
        assert server.ask() == ["new", "new", "NEW", "new", "new"]
        gate.touch()
        request.join()
        assert answers == [["old", "old", "OLD", "old", "old"]]
        assert server.managed.event("released")["id"] == 0
        assert server.ask() == ["new", "new", "NEW", "new", "new"]


STREAMING = """
    import pathlib
    import time

    class Model:
        def word(self):
            return {word!r}

        def predict(self, request):
            yield self.word()
            while not pathlib.Path(request).exists():
                time.sleep(0.002)
            yield self.word()
    """


def test_a_stream_in_flight_stays_with_its_version(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with swapping(tmp_path, {MODEL: source(STREAMING.format(word="old"))}) as server:
        url, body = "/v1/models/model:predict", f'"{gate}"'
        with server.managed.http.stream("POST", url, content=body) as response:
            chunks = response.iter_text()
            assert next(chunks) == "old"
            server.edit(source(STREAMING.format(word="new")))
            gate.touch()
            assert "".join(chunks) == "old"
        assert server.managed.predict(str(gate)).text == "newnew"


KINDS: dict[str, Any] = {
    "def predict(self, request): return 'sync'": "sync",
    "async def predict(self, request): return 'async'": "async",
    "def predict(self, request):\n        yield 'gene'\n        yield 'rator'": "generator",
    "async def predict(self, request):\n        yield 'async '\n        yield 'gen'": "async gen",
    "def predict(self): return 'nothing'": "nothing",
    "def preprocess(self, r): return 'pre'\n    def predict(self, r): return r + 'd'": "pred",
    "def predict(self, r): return 'x'\n    def postprocess(self, r): return r + 'post'": "xpost",
}


def test_the_contract_is_read_anew(tmp_path: Path) -> None:
    first = "class Model:\n    def predict(self, request): return 'first'\n"
    with swapping(tmp_path, {MODEL: first}) as server:
        for number, (methods, expected) in enumerate(KINDS.items(), start=1):
            server.edit(f"class Model:\n    {methods}\n", number)
            assert server.managed.predict({}).text.strip('"') == expected
