"""Uses of objects that change them although no name says so: draws, effects, operators, caches."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import edit, executed, planned, swapped

# `{}` stands for the body of `predict`; each gets `grade(x)` or is decided by it.
MODEL = """
 import functools, io, itertools, random
 import numpy as np
 def grade(x):
-    return x
+    return -x
 def numbers():
     yield 1
 def kept():
     last = None
     def keep(value):
         nonlocal last
         last = last or value
     return keep
 @functools.lru_cache
 def box(x):
     return []
 class Seen:
     def __init__(self):
         self.items = []
     def __add__(self, other):
         self.items.append(other)
     def __contains__(self, item):
         self.items.append(item)
     def __getitem__(self, item):
         self.items.append(item)
     def __exit__(self, kind, error, trace):
         self.items.append(error)
     def __format__(self, spec):
         self.items.append(spec)
 class Model:
     def load(self):
         self.count = itertools.count()
         self.generated, self.lines = numbers(), iter([1])
         self.rng, self.random = np.random.default_rng(7), random.Random(7)
         self.table, self.buf, self.file = {{}}, np.zeros(2), io.StringIO()
         self.keep, self.seen, self.title = kept(), Seen(), 'a'
     def predict(self, x):
         {}
"""
KEPT = [
    "return list(itertools.islice(self.count, grade(x)))",
    "return list(zip([grade(x)], self.lines))",
    "if grade(x): return [*self.generated]",
    "if grade(x): return sum(self.generated)",
    "return grade(x) in self.lines",
    "for line in self.lines:\n             if grade(line): break",
    "return self.rng.normal(size=grade(x))",
    "return self.random.choice([grade(x)])",
    "self.buf.setflags(write=grade(x))",
    "self.buf.resize(grade(x))",
    "if grade(x): self.file.close()",
    "self.file.detach(grade(x))",
    "np.settle(self.buf, grade(x))",
    "grade(x).readinto(self.buf)",
    "grade(x).dot(1, self.buf)",
    "grade(x).clip(0, 5, self.buf)",
    "self.keep(grade(x))",
    "return self.seen + grade(x)",
    "return grade(x) in self.seen",
    "return self.seen[grade(x)]",
    "with self.seen: grade(x)",
    "return f'{self.seen:{grade(x)}}'",
]
ENDING = [
    "return itertools.islice(itertools.count(), grade(x))",
    "return next(self.count), grade(x)",
    "return [n for n in [1] if n in self.table], grade(x)",
    "return np.random.default_rng(7).normal(size=grade(x))",
    "return random.choice([grade(x)])",
    "print(self.table, grade(x))",
    "self.logger.info(grade(x))",
    "return self.buf.clip(0, grade(x)), grade(x).dot(self.buf)",
    "return box(x), grade(x)",
]


@pytest.mark.parametrize("body", KEPT)
def test_what_an_object_is_after_a_use_needs_a_fresh_process(body: str) -> None:
    [change] = planned(edit(model=MODEL.format(body))).changes
    assert "keeps results of the old code in" in change.reason


@pytest.mark.parametrize("body", ENDING)
def test_uses_that_change_nothing_keep_the_process(body: str) -> None:
    assert planned(edit(model=MODEL.format(body))).swap is not None


def test_what_a_cached_function_handed_out_starts_anew() -> None:
    change = edit(model=MODEL.format("box(1).append(grade(x))"))
    assert "box" in executed(swapped(change), change)


SEEDED = ["random.seed(7)", "np.random.seed(7)"]
DRAWS = ["random.random()", "np.random.normal(size=2)", "choice([1])"]


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("seed", SEEDED)
def test_seeded_random_numbers_come_in_an_order(seed: str, draw: str) -> None:
    source = f"""
     import random
     import numpy as np
     from random import choice
     {seed}
     class Model:
         def predict(self, x):
    -        return {draw}
    +        return [{draw}, {draw}]
    """
    [change] = planned(edit(model=source)).changes
    assert "keeps results of the old code in" in change.reason
    unseeded = edit(model=source.replace(f"     {seed}\n", ""))
    assert planned(unseeded).swap is not None
    beside = source.replace(f"[{draw}, {draw}]", f"[{draw}]")
    assert planned(edit(model=beside)).swap is not None
