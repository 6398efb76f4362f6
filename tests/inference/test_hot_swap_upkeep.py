"""What a swap leaves behind in the server: nothing that grows, nothing that acts later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hot_swaps import MODEL, Swapping, document, module, swapping

if TYPE_CHECKING:
    from pathlib import Path

# The model looks at the server that called it.
SOURCE = """
import asyncio, functools, sys

def first():
    raise ValueError("{first}")

def server():
    frame = sys._getframe()
    while not hasattr(frame.f_locals.get("self"), "roots"):
        frame = frame.f_back
    return frame.f_locals["self"]

class Model:
    @functools.cached_property
    def word(self):
        return "{word}"

    async def predict(self, request):
        if request == "fail":
            first()
        timers = asyncio.get_running_loop()._scheduled
        waiting = [t for t in timers if "resume" in repr(t) and not t.cancelled()]
        return [self.word, len(server().roots), len(waiting)]
"""


def text(word: str, first: str = "0") -> str:
    return SOURCE.format(word=word, first=first)


def replace_model(server: Swapping, new: str, number: int) -> None:
    part = module(MODEL, new, execute=["Model"], carry=["first", "server"])
    server.swap({MODEL: new}, document(part, drop_cached=["word"]), number)


def test_places_of_versions_do_not_pile_up(tmp_path: Path) -> None:
    """Code that is taken over names the files of the version that made it, however long ago."""
    with swapping(tmp_path, {MODEL: text("0")}) as server:
        new = text("1", first="1")
        part = module(MODEL, new, execute=["first", "Model"], carry=["server"])
        server.swap({MODEL: new}, document(part, drop_cached=["word"]), 1)
        for number in range(2, 40):
            replace_model(server, text(str(number), "1"), number)
        assert server.ask()[0] == "39"
        assert server.ask()[1] <= 33
        assert server.managed.predict("fail").status_code == 500
        error = server.managed.event("predict_error")["error"]
        assert [frame["function"] for frame in error["frames"]] == ["predict", "first"]


def test_a_pause_ends_with_its_swap(tmp_path: Path) -> None:
    """A timer that stayed behind would end the pause of a later swap."""
    with swapping(tmp_path, {MODEL: text("0")}) as server:
        replace_model(server, text("1"), 1)
        assert server.ask() == ["1", 2, 0]
