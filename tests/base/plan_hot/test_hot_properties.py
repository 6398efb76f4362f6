"""What holds for any Python source: the plan never raises, and its swap fits the source."""

from __future__ import annotations

import ast
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base.plan_hot.hot_edits import MODEL, Edit, carried, executed, planned
from truss_base.plan import Strategy
from truss_base.plan.hot import AnalysisCache

SAMPLES = [
    Path(module.__file__ or "") for module in map(__import__, ("dataclasses", "functools", "heapq"))
]
USER = b"\n\nclass Model:\n    def predict(self, x):\n        return x\n"


def versions(path: Path) -> tuple[bytes, list[ast.stmt]]:
    source = path.read_bytes() + USER
    return source, ast.parse(source).body


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_module_with_statements_taken_out(path: Path) -> None:
    source, body = versions(path)
    lines = source.decode().splitlines(keepends=True)
    chance = random.Random(path.stem)
    cache = AnalysisCache()
    for statement in chance.sample(body[:-1], 3):
        first, last = statement.lineno - 1, statement.end_lineno or statement.lineno
        without = "".join(lines[:first] + lines[last:]).encode()
        change = Edit({MODEL: source}, {MODEL: without})
        found = planned(change, cache)
        assert found == planned(change)  # nothing depends on what was analysed before
        assert planned(Edit({MODEL: without}, {MODEL: source}), cache) is not None
        if found.swap is not None and found.swap.modules:
            fits(change)


def fits(change: Edit) -> None:
    """Forced, so that it is checked for refused changes as well."""
    swap = planned(change, force_hot=True).swap
    assert swap is not None
    json.dumps(swap.to_wire())
    runs, stays = executed(swap, change), carried(swap)
    [module] = swap.modules
    body = ast.parse(change.after[MODEL]).body
    assert all(0 <= place < len(body) for place in module.execute)
    assert list(module.execute) == sorted({*module.execute})
    classes = {node.name for node in body if isinstance(node, ast.ClassDef)}
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    assert classes | functions <= runs | stays
    assert not runs & stays


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_comments_and_blank_lines_are_only_synced(path: Path) -> None:
    source, body = versions(path)
    lines = source.decode().splitlines(keepends=True)
    starts = {
        statement.lineno - 1 for statement in body if not hasattr(statement, "decorator_list")
    }
    commented = [
        ("# why\n\n" if number in starts else "") + line for number, line in enumerate(lines)
    ]
    found = planned(Edit({MODEL: source}, {MODEL: "".join(commented).encode()}))
    assert found.strategy in (Strategy.SYNC, Strategy.RELOAD)
    assert found.strategy is Strategy.SYNC or "may look at the source" in found.changes[0].reason


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SAMPLES), st.sampled_from(SAMPLES))
def test_any_module_becomes_any_other(before: Path, after: Path) -> None:
    change = Edit({MODEL: versions(before)[0]}, {MODEL: versions(after)[0]})
    found = planned(change, CACHE)
    assert (found.strategy is Strategy.SYNC) == (before == after) or not found.changes
    assert all("\n" not in item.reason for item in found.changes)


CACHE = AnalysisCache()


def test_the_cache_is_bounded() -> None:
    cache = AnalysisCache(limit=2000)
    for number in range(50):
        cache.facts(MODEL, USER + b"#" * 200 + b"%d" % number)
    assert len(cache) < 10
