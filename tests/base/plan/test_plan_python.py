"""Changes of Python files: which are no change at all, and what the others are called."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from truss_base.plan import Change, Plan, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    PlanOf = Callable[..., Plan]

PATH = "model/model.py"
S1, S2 = Strategy.HOT_SWAP, Strategy.RELOAD


def only(plan: Plan) -> Change:
    [change] = plan.changes
    assert plan.strategy is change.strategy
    assert "\n" not in change.reason
    return change


def replaced(source: bytes, old: bytes, new: bytes) -> bytes:
    assert old in source
    return source.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"import json\n", b"import json  # for the answer\n", "comments or formatting"),
        (b"LIMIT = 3\n", b"\n\n# why\nLIMIT = 3\n", "comments or formatting"),
        (b"\n", b"\r\n", "comments or formatting"),
        (b"    ", b"  ", "comments or formatting"),
        (b'"a"', b"'a'", "comments or formatting"),
        (b"(value, limit):", b"(\n    value,\n    limit,\n):", "comments or formatting"),
        (b"LIMIT = 3", b"LIMIT = (3)", "comments or formatting"),
        (b"self.ready = True", b"self.ready = True; ", "comments or formatting"),
        (b"Documentation of the module.", b"Other words.", "docstrings"),
        (b"Documentation of the model.", b"Other words.", "docstrings"),
        (b"Documentation of the helper.", b"Other words.", "docstrings"),
        (b'    """Documentation of the helper."""\n', b"", "docstrings"),
    ],
)
def test_what_cannot_be_seen_is_only_synced(
    plan_of: PlanOf, model: bytes, old: bytes, new: bytes, what: str
) -> None:
    change = only(plan_of(PATH, replaced(model, old, new)))
    assert change == Change(PATH, Strategy.SYNC, f"{PATH}: only {what} changed: sync")


@pytest.mark.parametrize(
    "prefix",
    [b"\xef\xbb\xbf", b"# -*- coding: utf-8 -*-\n", b"# -*- coding: latin-1 -*-\n"],
)
def test_a_byte_order_mark_or_cookie_changes_nothing_in_ascii(
    plan_of: PlanOf, model: bytes, prefix: bytes
) -> None:
    assert plan_of(PATH, prefix + model).strategy is Strategy.SYNC


def test_a_cookie_that_changes_a_text_is_a_change(plan_of: PlanOf) -> None:
    text = 'name = "é"\n'.encode()
    assert plan_of(PATH, b"# coding: latin-1\n" + text, {PATH: text}).strategy > Strategy.SYNC


@pytest.mark.parametrize(
    ("old", "new", "strategy", "reason"),
    [
        (b"return helper(", b"return  str(helper)(", S1, "`Model.predict` changed"),
        (b"self.ready = True", b"self.ready = 1", S2, "`Model.load` changed"),
        (b"[:limit]", b"[: limit + 1]", S1, "`helper` changed"),
        (b"LIMIT = 3", b"LIMIT = 4", S1, "`LIMIT` changed"),
        (b"LIMIT = 3", b"LIMIT = 3.0", S1, "`LIMIT` changed"),
        (b'label = "a"', b'label = "b"', S1, "`Model.label` changed"),
        (b"class Model:", b"class Model(dict):", S2, "`Model` changed"),
        (b"import json", b"import json, re", S1, "the imports changed"),
        (b"LIMIT = 3", b"LIMIT = 3\nprint(LIMIT)", S2, "module-level code added"),
        (b"def helper(", b"def aide(", S1, "`aide` added, `helper` removed"),
        (b"def load(self)", b"async def load(self)", S2, "`Model.load` changed"),
        (b"    def load", b"    @staticmethod\n    def load", S2, "`Model.load` changed"),
        (b"def predict(self, r", b"def predict(self, a, r", S1, "`Model.predict` changed"),
    ],
)
def test_a_change_of_code_is_named(
    plan_of: PlanOf, model: bytes, old: bytes, new: bytes, strategy: Strategy, reason: str
) -> None:
    plan = plan_of(PATH, replaced(model, old, new))
    change = only(plan)
    assert change.strategy is strategy
    assert change.reason.startswith(f"{PATH}: {reason}")
    assert change.reason.endswith(f": {strategy.title}")
    assert (plan.swap is not None) == (strategy is S1)


def test_an_order_that_nobody_sees_is_only_synced(plan_of: PlanOf, model: bytes) -> None:
    moved = replaced(model, b"import json\n\nLIMIT = 3\n", b"LIMIT = 3\nimport json\n")
    change = only(plan_of(PATH, moved))
    assert change.reason == f"{PATH}: only the order of its definitions changed: sync"


def test_many_changes_are_counted(plan_of: PlanOf, model: bytes) -> None:
    change = only(plan_of(PATH, b"def a(): ...\ndef b(): ...\n"))
    assert change.reason.startswith(f"{PATH}: `a` added, `b` added, the imports changed and 7 more")


@pytest.mark.parametrize(
    "looker",
    [
        b"import inspect\n",
        b"import traceback\n",
        b"line = frame.f_lineno\n",
        b"frame = sys._getframe(1)\n",
        b"text = open(__file__).read()\n",
        b"text = Path(__file__).read_text()\n",
        b"text = open('model/model.py').read()\n",
    ],
)
def test_code_that_looks_at_source_is_reloaded_for_a_comment(
    plan_of: PlanOf, model: bytes, looker: bytes
) -> None:
    change = only(plan_of(PATH, b"# hello\n" + model, {"packages/looker.py": looker}))
    assert change.strategy is Strategy.RELOAD
    assert "in packages/looker.py may look at the source" in change.reason


@pytest.mark.parametrize(
    "reader",
    [
        b"text = model.helper.__doc__\n",
        b"from inspect import getdoc\n",
        b"tools = [helper]\n",
        b"register(model.helper)\n",
        b"getattr(model, 'helper')()\n",
        b"broken (helper\n",
    ],
)
def test_a_docstring_that_may_be_read_is_a_change(
    plan_of: PlanOf, model: bytes, reader: bytes
) -> None:
    changed = replaced(model, b"Documentation of the helper.", b"Other words.")
    change = only(plan_of(PATH, changed, {"packages/reader.py": reader}))
    assert change.strategy is Strategy.RELOAD
    assert "in packages/reader.py may read them" in change.reason


@pytest.mark.parametrize(
    ("definition", "strategy"),
    [
        (b"class Answer(BaseModel):\n    '''%s'''\n", Strategy.RELOAD),
        (b"class Answer:\n    '''%s'''\n", Strategy.SYNC),
        (b"@tool\ndef search():\n    '''%s'''\n", Strategy.RELOAD),
        (b"@staticmethod\ndef search():\n    '''%s'''\n", Strategy.SYNC),
        (b"class Tool(Base):\n    def run(self):\n        '''%s'''\n", Strategy.RELOAD),
        (b"if True:\n    def search():\n        '''%s'''\n", Strategy.SYNC),
        (b"async def search():\n    '''%s'''\n", Strategy.SYNC),
    ],
)
def test_bases_and_decorators_may_read_docstrings(
    plan_of: PlanOf, definition: bytes, strategy: Strategy
) -> None:
    before, after = definition % b"before", definition % b"after"
    assert plan_of("packages/a.py", after, {"packages/a.py": before}).strategy is strategy


def test_a_type_comment_is_code(plan_of: PlanOf) -> None:
    before, after = b"x = []  # type: list[int]\n", b"x = []  # type: list[str]\n"
    assert plan_of("packages/a.py", after, {"packages/a.py": before}).strategy is Strategy.RELOAD


def test_a_comment_that_only_looks_like_a_type_is_none(plan_of: PlanOf) -> None:
    before, after = b"f(  # type: ignore\n)\n", b"f(  # type: (odd\n)\n"
    assert plan_of("packages/a.py", after, {"packages/a.py": before}).strategy is Strategy.SYNC


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        (b"def f(:\n", " line 1", "invalid syntax"),
        (b"x = 1\n  y = 2\n", " line 2", "unexpected indent"),
        (b"x = 1\ny = '\xff'\n", " line 2", "(unicode error)"),
        (b"x = 1\0\n", "", "source code string cannot contain null bytes"),
        (b"# coding: nonsense\n", "", "unknown encoding: nonsense"),
        (b"x = " + b"(" * 300 + b")" * 300, " line 1", "too many nested parentheses"),
    ],
)
def test_a_syntax_error_is_named_with_its_line(
    plan_of: PlanOf, source: bytes, line: str, message: str
) -> None:
    change = only(plan_of(PATH, source))
    assert change.strategy is Strategy.RELOAD
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert change.reason.startswith(f"{PATH}{line} does not parse in Python {version}: {message}")
    assert change.reason.endswith(": reload, which will fail")


def test_leaving_a_syntax_error_is_a_reload(plan_of: PlanOf, model: bytes) -> None:
    change = only(plan_of(PATH, model, {PATH: b"def f(:\n"}))
    assert change == Change(PATH, Strategy.RELOAD, f"{PATH}: did not parse before: reload")


def test_nesting_too_deep_to_compare_is_a_reload(plan_of: PlanOf) -> None:
    def deep(last: bytes) -> bytes:
        return b"x = " + b" + ".join([b"1"] * 2000 + [last])

    change = only(plan_of(PATH, deep(b"1  # same"), {PATH: deep(b"1")}))
    reason = f"{PATH} cannot be analysed: nested too deeply: reload"
    assert change == Change(PATH, Strategy.RELOAD, reason)


@pytest.mark.parametrize(
    ("path", "content", "what"),
    [
        ("model/new.py", b"", "added: nothing that runs imports it: sync"),
        ("packages/tool.py", None, "removed: nothing that runs imports it: sync"),
        ("model/prompt.txt", b"Be kind", "added: the model may depend on it: reload"),
    ],
)
def test_a_file_that_comes_or_goes(
    plan_of: PlanOf, path: str, content: bytes | None, what: str
) -> None:
    assert only(plan_of(path, content)).reason == f"{path} {what}"


@pytest.mark.parametrize("runner", [b"import tool\n", b"import subprocess\n", b"name = 'tool'\n"])
def test_code_that_may_run_after_all_is_no_dead_file(
    plan_of: PlanOf, model: bytes, runner: bytes
) -> None:
    changed = plan_of("packages/tool.py", b"print()\n", {PATH: runner + model})
    assert changed.strategy is S2
