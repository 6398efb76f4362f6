"""Docstrings that change beside code, and the order of what a class holds."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import edit, executed, planned, swapped
from truss_base.strategy import Strategy

# `{}` stands for what has a docstring, and for what `predict` answers in the second version.
MODEL = """
 import functools
 {}
 class Model:
     def predict(self, x):
-        return x
+        return {}
"""
FUNCTION = """def rate(x):
-    "One."
+    "Two."
     return x"""
CLASS = """class Rate{}:
-    "One."
+    "Two."
     limit = 1"""
READ = [
    (FUNCTION, "rate.__doc__", "`__doc__` in model/model.py"),
    (FUNCTION, "shown(rate)", "whoever is given `rate`"),
    (f"@vendor.tool\n {FUNCTION}", "rate(x)", "a base class or decorator of `rate`"),
    (CLASS.format("(pydantic.BaseModel)"), "Rate()", "a base class or decorator of `Rate`"),
    (CLASS.format(""), "shown(Rate)", "whoever is given `Rate`"),
]
UNREAD = [
    (FUNCTION, "rate(x) + 1"),
    (f"@functools.lru_cache\n {FUNCTION}", "rate(x) + 1"),
    (CLASS.format(""), "Rate()"),
]


@pytest.mark.parametrize(("documented", "answer", "reader"), READ)
def test_a_docstring_that_may_be_read_needs_a_fresh_process(
    documented: str, answer: str, reader: str
) -> None:
    [change] = planned(edit(model=MODEL.format(documented, answer))).changes
    assert f"is another, and {reader}" in change.reason


@pytest.mark.parametrize(("documented", "answer"), UNREAD)
def test_a_docstring_that_nobody_reads_stays_what_it_was(documented: str, answer: str) -> None:
    assert planned(edit(model=MODEL.format(documented, answer))).swap is not None


@pytest.mark.parametrize(("answer", "hot"), [("__doc__", False), ("x + 1", True)])
def test_the_docstring_of_a_module_may_be_read(answer: str, hot: bool) -> None:
    change = edit(model=f'-"One."\n+"Two."\n{MODEL.format("", answer).strip(chr(10))}')
    assert (planned(change).swap is not None) == hot


def test_a_docstring_that_is_executed_anew_may_be_read() -> None:
    documented = FUNCTION.replace("     return x", "-    return x\n+    return -x")
    change = edit(model=MODEL.format(documented, "rate.__doc__"))
    assert "rate" in executed(swapped(change), change)


DESCRIBED = """
 import pydantic
 class Rate{}:
     limit: int = 1
-    "One."
+    "Two."
 class Model:
     def predict(self, x):
-        return Rate()
+        return {}
"""


@pytest.mark.parametrize("answer", ["Rate()", "[Rate()]"])
def test_the_text_below_a_field_is_read_like_a_docstring(answer: str) -> None:
    [change] = planned(edit(model=DESCRIBED.format("(pydantic.BaseModel)", answer))).changes
    assert "and a base class or decorator of `Rate` may read" in change.reason
    assert planned(edit(model=DESCRIBED.format("", answer))).strategy <= Strategy.HOT_SWAP


FIELDS = """
 from enum import Enum
 class Label{}:
-    a{}
-    b{}
+    b{}
+    a{}
 class Model:
     def predict(self, x):
         return list(Label)
"""


@pytest.mark.parametrize(("bases", "value"), [("(Enum)", " = 1"), ("", ": int"), ("", ": int = 1")])
def test_fields_in_another_order_make_their_class_anew(bases: str, value: str) -> None:
    change = edit(model=FIELDS.format(bases, *[value] * 4))
    assert "Label" in executed(swapped(change), change)


@pytest.mark.parametrize("value", [" = count()", ": int = Field(1)"])
def test_fields_that_are_made_in_another_order_need_a_fresh_process(value: str) -> None:
    assert planned(edit(model=FIELDS.format("", *[value] * 4))).swap is None
