"""An edit inside one function is analysed alone; the facts are those of the whole module."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from truss_base.plan.hot.reading.editing import edited_function
from truss_base.plan.hot.reading.modules import module_facts

SOURCE = '''\
"""Two functions, and a class between them."""
import os
def first(x):
    return x

class Model:
    limit = 3
    @staticmethod
    def wrapped(x):
        return x

    def predict(self, x):
        if x:
            return os.path.join("a", x)
        return [item for item in x]
    label = "a"

def last(x):
    global TABLE
    TABLE = x
'''
# What stands in the source, and what takes its place: only a function differs then.
WITHIN = [
    ("return [item", "return [2 * item"),
    ("        if x:\n", "        # why\n        if not x:\n"),
    ('        if x:\n            return os.path.join("a", x)\n', ""),
    ("def first(x):", "@cached\nasync def first(x, y=1):"),
    ("def first(x):", "# about it\ndef first(x):"),
    ("    TABLE = x\n", "    TABLE = x\n    return x\n\n# the end\n"),
    ("    global TABLE\n    TABLE = x", "    global OTHER\n    OTHER = x"),
    ("    @staticmethod\n    def wrapped(x):", "    @classmethod\n\n    def wrapped(cls, x):"),
    ("        return x\n", '        """Text\nin lines\n"""\n        return x\n'),
]
# Here more differs, or may; or nothing parses any more.
BEYOND = [
    ("limit = 3", "limit = 4"),
    ("import os", "import re"),
    ("def first", "def renamed"),
    ("    return x\n\nclass", "    return x\ny = 1\nclass"),
    ("    return x\n\nclass", "    return x\nif x:\n    pass\nclass"),
    ("    return x\n\nclass", "    return x\nelse:\n    pass\nclass"),
    ("    return x\n\nclass", "    return x\n@wrapped\nclass"),
    ("        return [item for item in x]\n", "        return 1\n    else:\n        pass\n"),
    ("        return [item for item in x]\n", "        return 1\n\n    size = 3\n"),
    ("        return [item for item in x]\n", "        return 1\n   odd = 1\n"),
    ("        return [item for item in x]\n", "        return (1,\n"),
    ("        return [item for item in x]\n", "        return 1 \\\n"),
    ("        return [item for item in x]\n", '        """An open end\n'),
    ("        return [item for item in x]\n", "\treturn 1\n"),
    ("        return [item for item in x]\n", "return 1\n"),
    ("        return [item for item in x]\n", "        return '\0'\n"),
    ("return x\n\nclass", "return x\n\ndef first(x):\n    return 2\n\nclass"),
    ("    return x\n\nclass", "    return x\n\n\x0cclass"),
]


@pytest.mark.parametrize(("old", "new"), WITHIN)
def test_only_the_function_is_parsed(old: str, new: str) -> None:
    edited = SOURCE.replace(old, new, 1)
    before = module_facts(SOURCE.encode())
    assert edited_function(before, edited.split("\n")) is not None
    assert module_facts(edited.encode(), before) == module_facts(edited.encode())


@pytest.mark.parametrize(("old", "new"), BEYOND)
def test_everything_is_parsed(old: str, new: str) -> None:
    edited = SOURCE.replace(old, new, 1)
    assert edited != SOURCE
    before = module_facts(SOURCE.encode())
    assert edited_function(before, edited.split("\n")) is None
    assert same_facts(edited.encode(), SOURCE.encode())


def test_what_is_no_text_does_not_parse() -> None:
    assert same_facts(SOURCE.replace("return x", "return 'é'").encode("latin-1"), SOURCE.encode())


SAMPLES = [Path(module.__file__ or "") for module in map(__import__, ("cmd", "heapq", "shelve"))]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_any_edit_of_any_module(path: Path) -> None:
    source = path.read_text()
    lines = source.split("\n")
    chance = random.Random(path.stem)
    for _ in range(40):
        place, gone = chance.randrange(len(lines)), chance.choice((0, 1, 3))
        text = chance.choice(lines).replace("self", chance.choice(("self", "x", "(")))
        edited = "\n".join([*lines[:place], text, *lines[place + gone :]])
        assert same_facts(edited.encode(), source.encode()), (place, gone, text)


def same_facts(edited: bytes, before: bytes) -> bool:
    """Whether an analysis finds the same, parse errors included, with what it knows and without."""
    known = module_facts(before)
    try:
        alone = module_facts(edited)
    except SyntaxError:
        with pytest.raises(SyntaxError):
            module_facts(edited, known)
        return True
    return module_facts(edited, known) == alone
