"""Plans for a change of one file, in a small Truss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from truss_base.config import TrussConfig
from truss_base.patch import Action, ConfigPatch, FilePatch, Patch, place
from truss_base.plan import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    PlanOf = Callable[..., Plan]

MODEL = b'''"""Documentation of the module."""
import json

LIMIT = 3


class Model:
    """Documentation of the model."""

    label = "a"

    def __init__(self, **kwargs):
        self.kwargs = kwargs

    def load(self):
        self.ready = True

    def predict(self, request):
        return helper(request, LIMIT)


def helper(value, limit):
    """Documentation of the helper."""
    return json.dumps(value)[:limit]
'''

TRUSS = {
    "config.yaml": b"model_name: x\n",
    "model/model.py": MODEL,
    "packages/tool.py": b"def tool():\n    return 1\n",
    "README.md": b"for people",
    "examples.yaml": b"[]",
}


@pytest.fixture
def plan_of() -> PlanOf:
    """Plans the change of `path` to `content` (None removes it) in TRUSS with `others` added."""

    def of(
        path: str, content: bytes | None, others: dict[str, bytes] | None = None, **known: object
    ) -> Plan:
        tree = {**TRUSS, **(others or {})}
        return plan(tree, [patch_of(path, content, tree)], has_links=bool(known.get("has_links")))

    return of


def patch_of(path: str, content: bytes | None, tree: dict[str, bytes]) -> Patch:
    """The patch that a diff would make of a change."""
    if path == "config.yaml" and content is not None:
        text = content.decode()
        return ConfigPatch(Action.UPDATE, path, {}, text)
    kind, rest = place(path, TrussConfig.from_text(tree["config.yaml"].decode()))
    if content is None:
        return FilePatch(kind, Action.REMOVE, rest)
    return FilePatch(kind, Action.UPDATE if path in tree else Action.ADD, rest, content)


@pytest.fixture
def model() -> bytes:
    """The source of the small Truss's model."""
    return MODEL
