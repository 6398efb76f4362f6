"""What a hot swap takes over is the same object as before; what it replaces is let go."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hot_swaps import MODEL, document, module, swapping
from inference_process import eventually

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = """
import dataclasses, enum, pickle
from typing import ClassVar

class Color(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Point:
    x: int

class Problem(Exception):
    pass

def fail():
    raise Problem("x")

class Model:
    def load(self):
        self.point, self.color = Point(1), Color.RED

    def predict(self, request):
        try:
            fail()
        except Problem:
            caught = True
        again = pickle.loads(pickle.dumps((self.point, self.color)))
        return [
            "{word}", isinstance(self.point, Point), self.point == Point(1),
            self.color is Color.RED, again == (self.point, self.color), caught,
        ]
"""
NAMES = ["Color", "Point", "Problem", "fail"]


def test_classes_that_are_taken_over_are_the_same(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: CLASSES.replace("{word}", "old")}) as server:
        assert server.ask() == ["old", *[True] * 5]
        for number in range(1, 4):
            server.edit(CLASSES.replace("{word}", str(number)), number, carry=NAMES)
            assert server.ask() == [str(number), *[True] * 5]


ANNOTATED = """
from __future__ import annotations
import dataclasses
import typing as t

def word():
    return "{word}"

@dataclasses.dataclass
class Settings:
    shared: t.ClassVar[int] = 1
    own: int = 2

class Model:
    def predict(self, request):
        return [word(), [field.name for field in dataclasses.fields(Settings)]]
"""


def test_definitions_find_their_own_module_while_they_are_made(tmp_path: Path) -> None:
    """The new name `t` is not in the module that serves meanwhile."""
    old = ANNOTATED.replace("t.ClassVar", "ClassVar").replace("import typing as t", "")
    old = old.replace("{word}", "old").replace(
        "import dataclasses\n", "import dataclasses\nfrom typing import ClassVar\n"
    )
    new = ANNOTATED.replace("{word}", "new")
    with swapping(tmp_path, {MODEL: old}) as server:
        assert server.ask() == ["old", ["own"]]
        part = module(MODEL, new, execute=["word", "Settings", "Model"])
        server.swap({MODEL: new}, document(part))
        assert server.ask() == ["new", ["own"]]


PARTS = {
    MODEL: "import tools\nimport tools.text\n"
    "class Model:\n    def predict(self, request):\n"
    "        import tools.late\n"
    "        return [tools.text.word(), tools.late.WORD, tools.NAME]\n",
    "packages/tools/__init__.py": "NAME = 'tools'\n",
    "packages/tools/text.py": "def word():\n    return 'old'\n",
    "packages/tools/late.py": "WORD = 'old'\n",
}


def test_a_module_of_a_package(tmp_path: Path) -> None:
    path, text = "packages/tools/text.py", "def word():\n    return 'new'\n"
    with swapping(tmp_path, PARTS) as server:
        assert server.ask() == ["old", "old", "tools"]
        parts = module(path, text), module(MODEL, PARTS[MODEL], execute=["Model"])
        server.swap({path: text}, document(*parts))
        assert server.ask() == ["new", "old", "tools"]


def test_a_module_that_was_not_imported_yet_is_imported_from_the_new_version(
    tmp_path: Path,
) -> None:
    late, text = "packages/tools/late.py", "WORD = 'new'\n"
    with swapping(tmp_path, PARTS) as server:
        server.swap({late: text}, document(module(late, text, execute=[])))
        assert server.ask() == ["old", "new", "tools"]


def test_a_module_that_was_removed_cannot_be_imported(tmp_path: Path) -> None:
    old = "class Model:\n    def predict(self, r):\n        import extra\n        return 'old'\n"
    new = old.replace("'old'", "'new'")
    with swapping(tmp_path, {MODEL: old, "extra.py": ""}) as server:
        assert server.ask() == "old"
        swap = document(module(MODEL, new), removed_modules=["extra"])
        server.swap({MODEL: new, "extra.py": None}, swap)
        assert server.managed.predict({}).status_code == 500
        assert (
            "No module named 'extra'" in server.managed.event("predict_error")["error"]["message"]
        )


CACHED = """
import functools, pathlib, time

class Model:
    counter = 0

    @functools.cached_property
    def word(self):
        return "{word}"

    def predict(self, request):
        type(self).counter += 1
        return [self.word, type(self).counter]
"""


def test_a_cached_property_is_computed_by_the_new_code(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: CACHED.replace("{word}", "old")}) as server:
        assert server.ask() == ["old", 1]
        new = CACHED.replace("{word}", "new")
        part = module(MODEL, new, execute=["Model"])
        part["classes"] = {"Model": {"execute": [1, 2], "carry": ["counter"]}}
        server.swap({MODEL: new}, document(part, drop_cached=["word"]))
        assert server.ask() == ["new", 2], "and the class attribute is taken over"


COUNTED = """
import gc

def a():
    return {a}

def b():
    return {b}

class Model:
    def predict(self, request):
        gc.collect()
        classes = [o for o in gc.get_objects() if isinstance(o, type) and o.__name__ == "Model"]
        functions = [o for o in gc.get_objects() if getattr(o, "__name__", "") in ("a", "b")]
        return [a(), b(), len(classes), len(functions)]
"""


def test_old_versions_do_not_pile_up(tmp_path: Path) -> None:
    """Edited in turn, each function keeps the namespace of the version that made it; nothing
    else of that version may stay. What was loaded is set aside and not counted."""
    with swapping(tmp_path, {MODEL: COUNTED.format(a=0, b=0)}) as server:
        counts = {"a": 0, "b": 0}
        for number in range(1, 12):
            edited, other = ("a", "b") if number % 2 else ("b", "a")
            counts[edited] = number
            text = COUNTED.format(**counts)
            part = module(MODEL, text, execute=["Model", edited], carry=[other])
            server.swap({MODEL: text}, document(part), number)
            server.managed.event("released")
            answer = server.ask()
            assert answer[:2] == [counts["a"], counts["b"]]
            assert answer[2] == 1, "one Model class beside the one that was loaded"
            assert answer[3] <= 2


TICKING = """
import threading, time

TICKS = []

def step():
    return "{word}"

def tick():
    while True:
        TICKS.append(1)
        time.sleep(0.001)

class Model:
    def load(self):
        threading.Thread(target=tick, daemon=True).start()

    def predict(self, request):
        return [step(), len(TICKS)]
"""


def test_threads_that_are_not_concerned_go_on(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: TICKING.format(word="old")}) as server:
        new = TICKING.format(word="new")
        part = module(MODEL, new, execute=["Model", "step"], carry=["TICKS", "tick"])
        affected = {"model.model": ["Model.predict", "step"]}
        server.swap({MODEL: new}, document(part, affected=affected))
        word, ticks = server.ask()
        assert word == "new"
        eventually(lambda: server.ask()[1] > ticks)


def test_swaps_while_requests_never_stop(tmp_path: Path) -> None:
    stop, failed = threading.Event(), []
    with swapping(tmp_path, {MODEL: COUNTED.format(a=0, b=0)}) as server:

        def ask() -> None:
            while not stop.is_set():
                response = server.managed.predict({})
                if response.status_code != 200:
                    failed.append(response.text)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(1, 15):
            text = COUNTED.format(a=number, b=0)
            part = module(MODEL, text, execute=["Model", "a"], carry=["b"])
            server.swap({MODEL: text}, document(part), number)
        stop.set()
        for thread in threads:
            thread.join()
        assert failed == []
        assert server.ask()[0] == 14


KEEPING = """
def words(text):
    return text.split()

class Model:
    def load(self):
        self.words = words

    def predict(self, request):
        return ["{word}", *self.words(request)]
"""


def test_what_load_keeps_of_the_code_stays_beside_an_edit(tmp_path: Path) -> None:
    with swapping(tmp_path, {MODEL: KEEPING.replace("{word}", "old")}) as server:
        assert server.ask("a b") == ["old", "a", "b"]
        swap = document(module(MODEL, KEEPING, execute=["Model"], carry=["words"]))
        swap["affected"] = {"model.model": ["Model.predict"]}
        server.swap({MODEL: KEEPING.replace("{word}", "new")}, swap)
        assert server.ask("a b") == ["new", "a", "b"]
