"""Docstrings are no code: what stays keeps its own, and who reads it would see the old one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.plan.definitions import docstring, documented
from truss_base.plan.hot.case import Refusal
from truss_base.plan.hot.changes import is_bare, redescribed, statement_tree
from truss_base.plan.hot.facts import FIELDS, Kind
from truss_base.plan.hot.wording import called
from truss_base.plan.observers import Sources, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.case import Case
    from truss_base.plan.hot.facts import Definition, ModuleFacts

    Documented = tuple[str, bool]


def docstrings(case: Case) -> Iterator[Refusal]:
    """Docstrings that changed beside code: of what is not executed anew, or may have been read
    before the first request."""
    sources: Sources | None = None
    for name, new in case.new.program.modules.items():
        old = case.old.program.modules.get(name)
        if old is None or old.facts is new.facts:
            continue
        for key, names in _redocumented(case, name, old.facts, new.facts):
            sources = sources or _sources(case)
            for inner, plain in names:
                reader = sources.reader_of_docstring(inner, plain=plain)
                if reader:
                    text = f"the docstring of {called(key)} is another, and {reader} may read it"
                    yield Refusal(key, text)


def _redocumented(
    case: Case, module: str, old: ModuleFacts, new: ModuleFacts
) -> Iterator[tuple[tuple[str, str], list[Documented]]]:
    """The definitions with other docstrings, each with the names of what has them, and whether
    that is a plain function or class."""
    for name, plain in redescribed(old, new):
        yield (module, name), [(name, plain)]
    for name, after in new.definitions.items():
        before = old.definitions.get(name)
        if before is None or before.texts == after.texts or (module, name) in case.affected:
            continue
        if after.kind is Kind.IMPORT or name.endswith(FIELDS) or _is_header(after):
            continue
        derived = bool(after.owner) and not is_bare(new.definitions.get(after.owner))
        yield (module, name), [*_other_docstrings(before, after, derived)]


def _is_header(definition: Definition) -> bool:
    return definition.kind is Kind.CLASS and not definition.owner


def _other_docstrings(before: Definition, after: Definition, derived: bool) -> Iterator[Documented]:
    """What has another docstring in two definitions of the same code."""
    for old_text, new_text in zip(before.texts, after.texts, strict=True):
        if old_text == new_text:
            continue
        pairs = zip(
            documented(statement_tree(old_text)), documented(statement_tree(new_text)), strict=True
        )
        for (_, old, _), (_, new, inner) in pairs:
            if docstring(old) != docstring(new) and not isinstance(new, ast.Module):
                yield new.name, is_plain(new) and not (derived or inner)


def _sources(case: Case) -> Sources:
    programs = (case.old.program, case.new.program)
    old, new = (
        {module.path: module.facts.source.encode() for module in program.modules.values()}
        for program in programs
    )
    return Sources(old, new)
