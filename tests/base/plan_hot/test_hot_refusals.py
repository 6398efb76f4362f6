"""Edits that need a fresh process, and the reason that the user is given."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import edit, planned
from truss_base.plan import Strategy

# Each: the edit of model/model.py, and a part of the reason.
REFUSED = {
    "load": (
        """
         class Model:
             def load(self):
        -        self.a = 1
        +        self.a = 2
             def predict(self, x):
                 return self.a
        """,
        "`Model.load` changed, and it runs before the first request",
    ),
    "what load calls, by way of another function": (
        """
         def inner():
        -    return 1
        +    return 2
         def outer():
             return inner()
         class Model:
             def load(self):
                 self.a = outer()
             def predict(self, x):
                 return self.a
        """,
        "`inner` changed, and `Model.load` needs `outer` (model/model.py, line 7)",
    ),
    "a bound method that load handed out": (
        """
         class Model:
             def load(self):
                 self.kept = self.on
             def on(self, x):
        -        return x
        +        return -x
             def predict(self, x):
                 return self.kept(x)
        """,
        "bound method `self.on` was handed out by `Model.load` (model/model.py, line 3)",
    ),
    "a class of which load keeps an instance": (
        """
         class Scaler:
             def scaled(self, x):
        -        return x
        +        return 2 * x
         class Model:
             def load(self):
                 self.scaler = Scaler()
             def predict(self, x):
                 return self.scaler.scaled(x)
        """,
        "`Scaler.scaled` changed, and `Model.load` needs `Scaler`",
    ),
    "a method that load may find by a name of its own making": (
        """
         class Model:
             def load(self):
                 self.a = getattr(self, "build_" + "a")()
             def build_a(self):
        -        return 1
        +        return 2
             def predict(self, x):
                 return self.a
        """,
        "`Model.load` needs `Model`",
    ),
    "a statement that binds nothing": (
        """
         import logging
        -logging.basicConfig(level=10)
        +logging.basicConfig(level=20)
         class Model:
             def predict(self, x):
                 return x
        """,
        "a statement of the module runs when it is imported",
    ),
    "a constant that something unknown computes": (
        """
         import vendor
        -CLIENT = vendor.connect("a")
        +CLIENT = vendor.connect("b")
         class Model:
             def predict(self, x):
                 return CLIENT.ask(x)
        """,
        "`vendor.connect()` would be called a second time",
    ),
    "a decorator that is not known": (
        """
         import vendor
         @vendor.route("/a")
         def answer(x):
        -    return x
        +    return -x
         class Model:
             def predict(self, x):
                 return x
        """,
        "`@vendor.route` may have kept `answer`",
    ),
    "a decorator of the Truss that keeps functions": (
        """
         import mimetypes
         def step(function):
             mimetypes.types_map[function.__name__] = function
             return function
         @step
         def clean(x):
        -    return x
        +    return -x
         class Model:
             def predict(self, x):
                 return mimetypes.types_map["clean"](x)
        """,
        "`@step` may have kept `clean`",
    ),
    "a default that is made from what requests have changed": (
        """
         SEEN = []
        -def grade(x, first=len(SEEN)):
        +def grade(x, first=len(SEEN) + 1):
             return first
         class Model:
             def predict(self, x):
                 SEEN.append(x)
                 return grade(x)
        """,
        "`grade` is made from `SEEN`, which has changed since",
    ),
    "a package that was not imported before": (
        """
        +import unheard_of
         class Model:
             def predict(self, x):
                 return x
        """,
        "`unheard_of` is imported for the first time",
    ),
    "a base class that may remember": (
        """
         import vendor
         class Answer(vendor.Registered):
        -    a = 1
        +    a = 2
         class Model:
             def predict(self, x):
                 return Answer.a
        """,
        "`vendor.Registered` may remember the classes derived from it",
    ),
    "a metaclass": (
        """
         class Meta(type):
             pass
         class Answer(metaclass=Meta):
        -    a = 1
        +    a = 2
         class Model:
             def predict(self, x):
                 return Answer.a
        """,
        "metaclass `Meta`",
    ),
    "slots of the model": (
        """
         class Model:
             __slots__ = ("a",)
             def predict(self, x):
        -        return x
        +        return -x
        """,
        "`Model` has `__slots__`",
    ),
    "an end of the model": (
        """
         class Model:
             def __del__(self):
                 close()
             def predict(self, x):
        -        return x
        +        return -x
        """,
        "`Model` has `__del__`",
    ),
    "other processes": (
        """
         from concurrent.futures import ProcessPoolExecutor
         pool = ProcessPoolExecutor()
         def grade(x):
        -    return x
        +    return -x
         class Model:
             def predict(self, x):
                 return pool.submit(grade, x).result()
        """,
        "may have code in other processes",
    ),
    "imports by a name that nobody wrote down": (
        """
         import importlib
         class Model:
             def predict(self, x):
        -        return importlib.import_module(x)
        +        return importlib.import_module("a" + x)
        """,
        "imports by a name that is made up at run time",
    ),
    "a timer": (
        """
         import threading
         class Model:
             def later(self):
        -        return 1
        +        return 2
             def predict(self, x):
                 threading.Timer(60, self.later).start()
                 return x
        """,
        "`Timer` in `Model.predict` may keep old code running",
    ),
    "an order that somebody walks over": (
        """
         class Model:
        +    def two(self):
        +        return 2
             def one(self):
                 return 1
        -    def two(self):
        -        return 2
             def predict(self, x):
                 return list(vars(type(self)))
        """,
        "the order of its definitions changed",
    ),
    "a model that no class statement makes": (
        """
         def made():
             class Model:
                 def predict(self, x):
        -            return x
        +            return -x
             return Model
         Model = made()
        """,
        "`Model` is no plain class of model.model",
    ),
    "code below load, where sources are read": (
        """
        +# why
         class Model:
             def load(self):
                 import inspect
                 self.a = inspect.getsource(type(self))
             def predict(self, x):
        -        return self.a
        +        return [self.a]
        """,
        "before the first request",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_reload_says_why(name: str) -> None:
    source, reason = REFUSED[name]
    found = planned(edit(model=source))
    assert found.strategy is Strategy.RELOAD
    assert found.swap is None
    [change] = found.changes
    assert reason in change.reason
    assert change.reason.endswith(": reload")
    assert "\n" not in change.reason


def test_the_file_that_is_to_blame_says_so() -> None:
    found = planned(
        edit(
            helpers="""
             def build():
            -    return 1
            +    return 2
            """,
            model="""
             from .helpers import build
             class Model:
                 def load(self):
                     self.a = build()
                 def predict(self, x):
            -        return x
            +        return -x
            """,
        )
    )
    assert found.strategy is Strategy.RELOAD
    assert [(change.subject, change.strategy.label) for change in found.changes] == [
        ("model/helpers.py", "S2"),
        ("model/model.py", "S1"),
    ]
