"""Edits as text: one source holds both versions, as a diff does."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from truss_base.config import TrussConfig
from truss_base.patch import Action, FilePatch, place
from truss_base.plan import Plan, plan
from truss_base.plan.hot import AnalysisCache, Swap

MODEL = "model/model.py"
CONFIG = "model_name: hot\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """Two versions of the files of a Truss."""

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]


def edit(**files: str) -> Edit:
    """The edit of `model` and other modules: `helpers` is model/helpers.py, `packages_text` is
    packages/text.py. Lines that begin with - are of the old version only, with + of the new."""
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    for name, text in files.items():
        path = name.replace("packages_", "packages/") + ".py"
        path = path if path.startswith("packages/") else f"model/{path}"
        for side, marker in ((before, "-"), (after, "+")):
            content = _side(text, marker)
            if content.strip():
                side[path] = content.encode()
    return Edit(before, after)


def _side(text: str, marker: str) -> str:
    lines = textwrap.dedent(text).strip("\n").splitlines()
    if not any(line[:1] in ("-", "+") for line in lines):
        return "\n".join(lines) + "\n"
    kept = []
    for line in lines:
        sign = line[:1]
        if sign in ("-", "+"):
            kept += [line[1:]] if sign == marker else []
        else:
            kept.append(line[1:])
    return "\n".join(kept) + "\n"


def planned(change: Edit, cache: AnalysisCache | None = None, *, force_hot: bool = False) -> Plan:
    """The plan for an edit."""
    config = TrussConfig.from_text(CONFIG)
    patches = []
    for path in sorted({*change.before, *change.after}):
        old, new = change.before.get(path), change.after.get(path)
        kind, rest = place(path, config)
        if new is None:
            patches.append(FilePatch(kind, Action.REMOVE, rest))
        elif new != old:
            action = Action.ADD if old is None else Action.UPDATE
            patches.append(FilePatch(kind, action, rest, new))
    tree = {**change.before, "config.yaml": CONFIG.encode()}
    return plan(tree, patches, cache=cache, force_hot=force_hot)


def swapped(change: Edit) -> Swap:
    """The swap of an edit that is hot."""
    found = planned(change)
    assert found.swap is not None, found.changes
    return found.swap


def executed(swap: Swap, change: Edit, module: str = "model.model") -> set[str]:
    """The names that the swap of a module binds anew, members of the model's class included."""
    found = next(item for item in swap.modules if item.name == module)
    body = ast.parse(change.after[found.path]).body
    names: set[str] = set()
    for place_ in found.execute:
        names |= _bound(body[place_])
    for name, inner in found.classes.items():
        members = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == name).body
        names |= {f"{name}.{item}" for index in inner.execute for item in _bound(members[index])}
    return names


def carried(swap: Swap, module: str = "model.model") -> set[str]:
    """The names that the swap of a module takes over as they are."""
    found = next(item for item in swap.modules if item.name == module)
    inner = {f"{name}.{item}" for name, part in found.classes.items() for item in part.carry}
    return {*found.carry, *found.carry_from, *inner}


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(item.asname or item.name).partition(".")[0] for item in node.names}
    stored = (item for item in ast.walk(node) if isinstance(item, ast.Name))
    return {item.id for item in stored if isinstance(item.ctx, ast.Store)}
