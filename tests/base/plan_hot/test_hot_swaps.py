"""What a swap carries over from the old version, what it drops, and how it goes over the wire."""

from __future__ import annotations

from tests.base.plan_hot.hot_edits import carried, edit, executed, planned, swapped
from truss_base.plan import Strategy


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
