"""What a change of a Python file leads to, by comparing syntax trees."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from truss_base.plan.definitions import changed_names, dump, parse, without_docstrings
from truss_base.plan.result import Change
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from truss_base.plan.observers import Sources

_SHOWN_NAMES = 3
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def python_change(path: str, before: bytes, after: bytes, sources: Sources) -> Change:
    """The change of the module at `path` from one source to another."""
    try:
        new = parse(after)
    except SyntaxError as error:
        # The model may run in a newer Python than this; whether it loads is seen when it does.
        place = f"{path}{_line(error)} does not parse in Python {_VERSION}"
        reason = f"{place}: {error.msg}: reload, which will fail"
        return Change(path, Strategy.RELOAD, reason)
    try:
        old = parse(before)
        if dump(old) == dump(new):
            return _text_only(path, "only comments or formatting changed", sources)
        old_code, new_code = without_docstrings(parse(before)), without_docstrings(parse(after))
        if dump(old_code) != dump(new_code):
            names = _listed(changed_names(old_code, new_code))
            return Change(path, Strategy.RELOAD, f"{path}: {names}: reload")
    except SyntaxError:
        return Change(path, Strategy.RELOAD, f"{path}: did not parse before: reload")
    reader = sources.reader_of_docstrings(old, new)
    if reader:
        reason = f"{path}: docstrings changed, and {reader} may read them: reload"
        return Change(path, Strategy.RELOAD, reason)
    return _text_only(path, "only docstrings changed", sources)


def _text_only(path: str, what: str, sources: Sources) -> Change:
    reader = sources.reader_of_source()
    if reader:
        reason = f"{path}: {what}, but {reader} may look at the source: reload"
        return Change(path, Strategy.RELOAD, reason)
    return Change(path, Strategy.SYNC, f"{path}: {what}: sync")


def _listed(names: list[str]) -> str:
    if len(names) > _SHOWN_NAMES:
        return f"{', '.join(names[:_SHOWN_NAMES])} and {len(names) - _SHOWN_NAMES} more"
    return ", ".join(names)


def _line(error: SyntaxError) -> str:
    return f" line {error.lineno}" if error.lineno else ""
