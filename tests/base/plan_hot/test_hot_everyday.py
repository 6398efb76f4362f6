"""Everyday edits of one module: what of it runs anew, and what stays."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import carried, edit, executed, swapped

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
