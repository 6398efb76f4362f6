"""What a change of a Python file leads to, if only its text changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from truss_base.plan.definitions import NestedTooDeeply, dump, parse, without_docstrings
from truss_base.plan.hot.changes import redescribed, same_module
from truss_base.plan.result import Change
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from truss_base.plan.hot.cache import AnalysisCache
    from truss_base.plan.hot.facts import ModuleFacts
    from truss_base.plan.observers import Sources

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def text_change(
    path: str, before: bytes, after: bytes, sources: Sources, cache: AnalysisCache
) -> Change | None:
    """The change of the module at `path` from one source to another; None if code changed."""
    try:
        new = cache.facts(path, after)
    except NestedTooDeeply as error:
        return Change(path, Strategy.RELOAD, f"{path} cannot be analysed: {error.msg}: reload")
    except SyntaxError as error:
        # The model may run in a newer Python than this; whether it loads is seen when it does.
        place = f"{path}{_line(error)} does not parse in Python {_VERSION}"
        reason = f"{place}: {error.msg}: reload, which will fail"
        return Change(path, Strategy.RELOAD, reason)
    try:
        old = cache.facts(path, before)
        if not same_module(old, new):
            return None
        return _of_text(path, before, after, sources) or _of_fields(path, old, new, sources)
    except SyntaxError:
        return Change(path, Strategy.RELOAD, f"{path}: did not parse before: reload")


def _of_text(path: str, before: bytes, after: bytes, sources: Sources) -> Change | None:
    """The change if all else is the same but docstrings."""
    old, new = parse(before), parse(after)
    if dump(old) == dump(new):
        return _text_only(path, "only comments or formatting changed", sources)
    if dump(without_docstrings(parse(before))) != dump(without_docstrings(parse(after))):
        return None
    reader = sources.reader_of_docstrings(old, new)
    return _read(path, reader) or _text_only(path, "only docstrings changed", sources)


def _of_fields(path: str, before: ModuleFacts, after: ModuleFacts, sources: Sources) -> Change:
    """The change of what does nothing, such as texts below the fields of a class."""
    for name, plain in redescribed(before, after):
        if found := _read(path, sources.reader_of_docstring(name, plain=plain)):
            return found
    return _text_only(path, "nothing that runs changed", sources)


def _read(path: str, reader: str | None) -> Change | None:
    reason = f"{path}: docstrings changed, and {reader} may read them: reload"
    return Change(path, Strategy.RELOAD, reason) if reader else None


def _text_only(path: str, what: str, sources: Sources) -> Change:
    reader = sources.reader_of_source()
    if reader:
        reason = f"{path}: {what}, but {reader} may look at the source: reload"
        return Change(path, Strategy.RELOAD, reason)
    return Change(path, Strategy.SYNC, f"{path}: {what}: sync")


def _line(error: SyntaxError) -> str:
    return f" line {error.lineno}" if error.lineno else ""
