"""The cases as data: their format, and that no kind of change is forgotten."""

from __future__ import annotations

import pytest

from tests.hot.hot_cases import all_cases, parse

KINDS = {
    "__del__",
    "async load patterns",
    "attrs models",
    "base class replaced",
    "cached_property",
    "circular imports",
    "closures made at load",
    "constants and default arguments",
    "coroutines in flight",
    "dataclass identity",
    "decorated functions",
    "deleted and moved helpers",
    "enum identity",
    "environment read at import",
    "except on classes of the edited file",
    "field added to a live dataclass",
    "file read by load",
    "generators in flight",
    "global rebound by load",
    "helper class with live instances",
    "helper function by from-import",
    "import error at the top",
    "isinstance on classes of the edited file",
    "lazy imports in predict",
    "lru_cached functions",
    "memo dictionaries",
    "mixins",
    "module cache filled by load",
    "monkeypatched libraries",
    "new modules",
    "OpenAI-style methods added or removed",
    "partials in executors",
    "pickle of state",
    "predict turned from sync to async",
    "predict turned into a generator",
    "protocols and ABCs",
    "pydantic models",
    "registries by decorator",
    "signature changes with requests in flight",
    "stored bound methods",
    "string dispatch",
    "super()",
    "syntax error",
    "threads and their loops",
    "timers",
    "two patches within a second with sources of the same length",
}

EXAMPLE = """\
# Group

## a kind

### The case

What is special
about it.

```diff model/model.py
 class Model:
-    scale = 1

+    scale = 2
```

```diff model/new.py
+NEW = 1
```

```python model/same.py
SAME = 1
```

```yaml
probe: [1, {get: /x}]
saves: 3
```

### The next case

```diff model/model.py
-pass
```
"""


def test_a_diff_holds_both_versions() -> None:
    case, following = parse(EXAMPLE)
    assert (case.group, case.kind, case.name) == ("Group", "a kind", "The case")
    assert case.id == "the-case"
    assert case.about == "What is special about it."
    assert case.before["model/model.py"] == "class Model:\n    scale = 1\n\n"
    assert case.after["model/model.py"] == "class Model:\n\n    scale = 2\n"
    assert "model/new.py" not in case.before
    assert case.after["model/new.py"] == "NEW = 1\n"
    assert case.before["model/same.py"] == case.after["model/same.py"] == "SAME = 1\n"
    assert (case.probe, case.saves, case.exercise) == ((1, {"get": "/x"}), 3, (1, 2))
    assert following.kind == "a kind"
    assert "model/model.py" not in following.after


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("### Case\n```diff a.py\nclass A:\n```\n", "neither context nor change"),
        ("### Case\n```diff a.py\n class A:\n", "does not end"),
        ("### Case\n```yaml\nprobes: [1]\n```\n", "unknown options"),
    ],
)
def test_what_is_not_in_the_format_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse(text)


def test_every_kind_of_change_has_cases() -> None:
    assert KINDS - {case.kind for case in all_cases()} == set()


def test_cases_have_different_names_and_change_something() -> None:
    cases = all_cases()
    assert len({case.id for case in cases}) == len(cases)
    assert [case.name for case in cases if case.before == case.after] == []
