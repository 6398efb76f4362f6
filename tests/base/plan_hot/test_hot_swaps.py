"""Edits that reach the running model, and what of the old version they keep."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import carried, edit, executed, planned, swapped
from truss_base.plan import Strategy

EVERYDAY = {
    "the body of predict": (
        """
         import json
         LIMIT = 3
         class Model:
             label = "a"
             def load(self):
                 self.table = {}
             def predict(self, request):
        -        return LIMIT
        +        return json.dumps(LIMIT)
        """,
        {"Model", "Model.load", "Model.predict"},
        {"json", "LIMIT", "Model.label"},
    ),
    "a constant that only predict reads": (
        """
        -LIMIT = 3
        +LIMIT = 4
         OTHER = {}
         class Model:
             def load(self):
                 OTHER["a"] = 1
             def predict(self, request):
                 return LIMIT
        """,
        {"LIMIT", "Model", "Model.load", "Model.predict"},
        {"OTHER"},
    ),
    "a helper, and who calls it": (
        """
         class Kept:
             pass
         def inner(x):
        -    return x
        +    return x + 1
         def outer(x):
             return inner(x)
         def other(x):
             return x
         class Model:
             def load(self):
                 self.kept = [Kept(), other(1)]
             def predict(self, x):
                 return outer(x)
        """,
        {"inner", "outer", "Model", "Model.load", "Model.predict"},
        {"Kept", "other"},
    ),
    "a class of which nobody keeps an instance": (
        """
         class Answer:
             def shown(self):
        -        return 1
        +        return 2
         class Model:
             def predict(self, x):
                 return Answer().shown()
        """,
        {"Answer", "Model", "Model.predict"},
        set(),
    ),
    "a default argument": (
        """
         LIMIT = 3
        -def grade(x, limit=LIMIT):
        +def grade(x, limit=LIMIT + 1):
             return x
         class Model:
             def predict(self, x):
                 return grade(x)
        """,
        {"grade", "Model", "Model.predict"},
        {"LIMIT"},
    ),
    "what a table of functions holds": (
        """
         def one(x):
        -    return 1
        +    return 2
         def two(x):
             return 2
         TABLE = {"one": one, "two": two}
         class Model:
             def predict(self, x):
                 return TABLE[x]()
        """,
        {"one", "TABLE", "Model", "Model.predict"},
        {"two"},
    ),
    "a cached function starts with an empty cache": (
        """
         import functools
         def step(x):
        -    return x
        +    return x + 1
         @functools.lru_cache
         def grade(x):
             return step(x)
         class Model:
             def predict(self, x):
                 return grade(x)
        """,
        {"step", "grade", "Model", "Model.predict"},
        {"functools"},
    ),
    "a new import and its use": (
        """
        +import re
         class Model:
             def predict(self, x):
        -        return x
        +        return re.escape(x)
        """,
        {"re", "Model", "Model.predict"},
        set(),
    ),
    "a method of another kind": (
        """
         class Model:
        -    def predict(self, x):
        +    async def predict(self, x):
                 return x
        +    def chat_completions(self, x):
        +        yield x
        """,
        {"Model", "Model.predict", "Model.chat_completions"},
        set(),
    ),
    "a name that hides a built-in function": (
        """
        +def len(x):
        +    return 0
         def size(x):
             return len(x)
         class Model:
             def predict(self, x):
                 return size(x)
        """,
        {"len", "size", "Model", "Model.predict"},
        set(),
    ),
    "a step in a registry": (
        """
         STEPS = {}
         UNIT = "m"
         def step(function):
             STEPS[function.__name__] = function
             return function
         @step
         def clean(x):
        -    return x
        +    return -x
         @step
         def count(x):
             return len(x)
         class Model:
             def predict(self, x):
                 return STEPS["clean"](x), UNIT
        """,
        {"STEPS", "step", "clean", "count", "Model", "Model.predict"},
        {"UNIT"},
    ),
    "an implementation of a dispatcher": (
        """
         import functools
         @functools.singledispatch
         def shown(value):
             return "?"
         @shown.register(int)
         def _int(value):
        -    return "a"
        +    return "b"
         class Model:
             def predict(self, x):
                 return shown(x)
        """,
        {"shown", "_int", "Model", "Model.predict"},
        {"functools"},
    ),
    "code that nothing uses": (
        """
         def spare(x):
        -    return x
        +    return -x
         class Model:
             def predict(self, x):
                 return x
        """,
        {"spare"},
        {"Model"},
    ),
}


@pytest.mark.parametrize("name", EVERYDAY)
def test_what_changed_runs_anew_and_the_rest_stays(name: str) -> None:
    source, runs, stays = EVERYDAY[name]
    change = edit(model=source)
    swap = swapped(change)
    assert executed(swap, change) == runs
    assert carried(swap) == stays


def test_the_change_of_a_helper_module_reaches_its_users() -> None:
    change = edit(
        helpers="""
         CACHE = {}
         def grade(x):
        -    return x
        +    return -x
        """,
        model="""
         from .helpers import CACHE, grade
         import packages_module
         class Model:
             def load(self):
                 CACHE["a"] = 1
             def predict(self, x):
                 return grade(x)
        """,
    )
    swap = swapped(change)
    assert [module.name for module in swap.modules] == ["model.helpers", "model.model"]
    assert carried(swap, "model.helpers") == {"CACHE"}
    assert swap.affected == {"model.helpers": ("grade",), "model.model": ("Model.predict",)}
    assert "packages_module" in carried(swap)


def test_packages_are_imported_by_their_own_names() -> None:
    change = edit(
        packages_text="""
         def clean(x):
        -    return x
        +    return x.strip()
        """,
        model="""
         import text
         class Model:
             def predict(self, x):
                 return text.clean(x)
        """,
    )
    swap = swapped(change)
    assert [(module.name, module.path) for module in swap.modules] == [
        ("model.model", "model/model.py"),
        ("text", "packages/text.py"),
    ]
    assert "text" in executed(swap, change)  # the new module object


def test_a_new_module_runs_whole_and_a_removed_one_is_gone() -> None:
    change = edit(
        old_place="""
        -def grade(x):
        -    return x
        """,
        new_place="""
        +LIMIT = 3
        +def grade(x):
        +    return x * LIMIT
        """,
        model="""
        -from .old_place import grade
        +from .new_place import grade
         class Model:
             def predict(self, x):
                 return grade(x)
        """,
    )
    swap = swapped(change)
    assert swap.removed_modules == ("model.old_place",)
    assert executed(swap, change, "model.new_place") == {"LIMIT", "grade"}


def test_the_method_of_a_base_gets_a_new_class_below_it() -> None:
    change = edit(
        base="""
         class Base:
             def load(self):
                 self.table = {}
             def shown(self, x):
        -        return x
        +        return str(x)
        """,
        model="""
         from .base import Base
         class Model(Base):
             def predict(self, x):
                 return super().shown(x)
        """,
    )
    swap = swapped(change)
    assert executed(swap, change) == {"Base", "Model", "Model.predict"}
    assert executed(swap, change, "model.base") == {"Base", "Base.load", "Base.shown"}


def test_a_decorator_that_is_not_known_keeps_its_unchanged_method() -> None:
    change = edit(
        model="""
         import vendor
         class Model:
             @vendor.registered
             def other(self, x):
                 return x
             def predict(self, x):
        -        return x
        +        return -x
        """
    )
    swap = swapped(change)
    assert carried(swap) == {"vendor", "Model.other"}


def test_what_only_running_code_has_bound_is_carried() -> None:
    change = edit(
        model="""
         class Model:
             class Inner:
                 pass
             __private = []
             def load(self):
                 global TABLE
                 TABLE = {}
                 Model.added = self.Inner()
             def predict(self, x):
        -        return TABLE
        +        return [TABLE]
        """
    )
    swap = swapped(change)
    assert carried(swap) == {"TABLE", "Model.Inner", "Model._Model__private", "Model.added"}


def test_a_variable_that_is_filled_below_runs_with_what_fills_it() -> None:
    change = edit(
        model="""
         def make(x):
        -    return x
        +    return -x
         TABLE = {}
         for number in (1, 2):
             TABLE[number] = make(number)
         PARTS = ["a"]
         PARTS.append(make(1))
         class Model:
             def predict(self, x):
                 return TABLE, PARTS
        """
    )
    swap = swapped(change)
    assert executed(swap, change) >= {"TABLE", "number", "PARTS"}
    assert carried(swap) == set()


def test_cached_values_of_the_instance_are_dropped() -> None:
    change = edit(
        model="""
         from functools import cached_property
         class Model:
             @cached_property
             def words(self):
        -        return ["a"]
        +        return ["b"]
             def predict(self, x):
                 return self.words
        """
    )
    assert swapped(change).drop_cached == ("words",)


def test_the_wire_form() -> None:
    change = edit(
        model="""
         class Model:
             label = "a"
             def predict(self, x):
        -        return x
        +        return -x
        """
    )
    assert swapped(change).to_wire() == {
        "entry": {"module": "model.model", "class": "Model"},
        "modules": (
            {
                "name": "model.model",
                "path": "model/model.py",
                "package": False,
                "execute": (0,),
                "carry": (),
                "carry_from": {},
                "classes": {"Model": {"execute": (1,), "carry": ("label",)}},
            },
        ),
        "drop_cached": (),
        "affected": {"model.model": ("Model.predict",)},
        "removed_modules": (),
    }


def test_a_forced_plan_is_hot_whatever_speaks_against_it() -> None:
    change = edit(
        model="""
         class Model:
             def load(self):
        -        self.a = 1
        +        self.a = 2
             def predict(self, x):
                 return self.a
        """
    )
    assert planned(change).strategy is Strategy.RELOAD
    forced = planned(change, force_hot=True)
    assert forced.strategy is Strategy.HOT_SWAP
    assert forced.swap is not None
