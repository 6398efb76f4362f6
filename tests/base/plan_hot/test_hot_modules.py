"""Edits across modules: which of them a swap holds, and under which names."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import carried, edit, executed, planned, swapped


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


def test_what_a_star_brings_reaches_its_users() -> None:
    change = edit(
        helpers="""
        -__all__ = ["one"]
        +__all__ = ["one", "two"]
         def one(x):
             return x
         def two(x):
             return -x
        """,
        model="""
         from .helpers import *
         class Model:
             def predict(self, x):
                 try:
                     return two(x)
                 except NameError:
                     return one(x)
        """,
    )
    assert executed(swapped(change), change) >= {"*", "Model.predict"}


def test_what_is_made_anew_gets_its_attributes_again() -> None:
    change = edit(
        engine="""
         class Engine:
             def run(self, x):
        -        return x
        +        return -x
        """,
        model="""
         from .engine import Engine
         Engine.limit = 3
         def grade(x):
        -    return x
        +    return -x
         grade.calls = 0
         class Model:
             def predict(self, x):
                 return Engine().run(grade(x))
        """,
    )
    swap = swapped(change)
    model = next(module for module in swap.modules if module.name == "model.model")
    assert {1, 2, 3} <= set(model.execute)


@pytest.mark.parametrize("removed", ["Engine.limit = 3", "Engine.limit = make()"])
def test_attributes_of_what_stays_need_a_fresh_process(removed: str) -> None:
    change = edit(
        model=f"""
         class Engine:
             pass
        -{removed}
         class Model:
             def predict(self, x):
                 return Engine().limit
        """
    )
    assert planned(change).swap is None
