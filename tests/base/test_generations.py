"""What is remembered follows what is asked for: it neither adds up, nor is it ever too small."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from truss_base.generations import Generations
from truss_base.patch import Action, FilePatch
from truss_base.plan import Strategy, plan
from truss_base.plan.hot import AnalysisCache
from truss_base.plan.hot.learnt import LEARNT

MODEL = """\
class Model:
    def load(self):
        self.weights = [1, 2, 3]

    def predict(self, request):
        return {number}
"""


class Doubler:
    """A remembered function, and what it was really called with."""

    def __init__(self, generations: Generations) -> None:
        self.calls: list[int] = []
        self.doubled: Callable[[int], int] = generations.remembered(self._double)

    def _double(self, number: int) -> int:
        self.calls.append(number)
        return number * 2


def test_an_answer_that_every_generation_asks_for_is_found_once() -> None:
    generations = Generations(least=1)
    doubler = Doubler(generations)
    for _ in range(5):
        generations.begin()
        assert doubler.doubled(21) == 42
    assert doubler.calls == [21]


def test_an_answer_that_a_whole_generation_did_not_ask_for_is_forgotten() -> None:
    generations = Generations(least=1)
    doubler = Doubler(generations)
    for number in (1, 2, 3):
        doubler.doubled(number)
        generations.begin()
    assert len(generations) == 1  # the answer for 3
    doubler.doubled(1)
    assert doubler.calls == [1, 2, 3, 1]


def test_small_generations_count_as_one() -> None:
    generations = Generations(least=10)
    doubler = Doubler(generations)
    for number in (1, 2, 1, 2):
        doubler.doubled(number)
        generations.begin()
    assert doubler.calls == [1, 2]


def test_no_generation_is_too_large() -> None:
    generations = Generations(least=10)
    doubler = Doubler(generations)
    for _ in range(3):
        generations.begin()
        for number in range(5_000):
            doubler.doubled(number)
    assert doubler.calls == [*range(5_000)]


def test_functions_and_manners_of_calling_are_told_apart() -> None:
    generations = Generations(least=10)

    @generations.remembered
    def shown(number: int, *, sign: str = "") -> str:
        return f"{sign}{number}"

    @generations.remembered
    def squared(number: int) -> int:
        return number**2

    assert [shown(3), shown(3, sign="-"), shown(3, sign="+"), squared(3)] == ["3", "-3", "+3", 9]


def test_an_error_is_no_answer() -> None:
    generations = Generations(least=10)

    @generations.remembered
    def inverse(number: int) -> float:
        return 1 / number

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            inverse(0)
    assert len(generations) == 0


def test_a_day_of_edits_does_not_add_up() -> None:
    cache = AnalysisCache()
    files = {"model/model.py": MODEL.format(number=0).encode()}
    for number in range(1, 500):
        edited = MODEL.format(number=number).encode()
        patch = FilePatch("model_code", Action.UPDATE, "model.py", edited)
        assert plan(files, [patch], cache=cache).strategy is Strategy.HOT_SWAP
        files["model/model.py"] = edited
    assert len(LEARNT) < 500
