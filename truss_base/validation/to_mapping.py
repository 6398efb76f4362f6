"""A list that stands where a mapping was wanted, its entries as what the mapping holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from truss_base.document import Document, Mapping, Node, Scalar, Sequence
from truss_base.validation.findings import Edit, Fix
from truss_base.validation.fragment import Fragment, fragment_at
from truss_base.validation.rewriting import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Fault, Path

# A quote behind the sign may be meant for a shell, or for the value.
_ASSIGNED = re.compile(r"(?P<key>[A-Za-z_][\w.-]*)=(?P<value>(?!['\"]).*)", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_DASH = re.compile(r" *-[ \t]+")
_IN_FLOW = frozenset(",[]{}")
_SECRETS = ("secrets",)


def to_mapping(document: Document, fault: Fault) -> Iterator[Fix]:
    """The fix of a list of `KEY=value` or of mappings, all their keys different, or of names of
    secrets; none for anything else.
    """
    fragment = fragment_at(document, fault.path)
    if fragment is None:
        return
    node = fragment.entry.value
    if fragment.value is None:
        fix = fragment.empty("{}")
    elif isinstance(node, Sequence):
        fix = _merged(fragment, node)
    else:
        return
    if fix is not None:
        yield fix


def _merged(fragment: Fragment, node: Sequence) -> Fix | None:
    merged: dict[Any, Any] = {}
    for item in fragment.value:
        held = _held(item, fragment.path)
        if not held or not merged.keys().isdisjoint(held):
            return None
        merged |= held
    make = _in_flow if node.flow else _in_block
    edits = list(make(fragment, node))
    return fragment.fix("Make it a mapping", edits, merged, exact=True) if edits else None


def _held(item: object, path: Path) -> dict[Any, Any]:
    """The keys and values that an entry of the list stands for; empty where that is a guess."""
    if isinstance(item, dict):
        return item
    if not isinstance(item, str):
        return {}
    if path == _SECRETS:
        return {item: None} if _NAME.fullmatch(item) else {}
    match = _ASSIGNED.fullmatch(item)
    return {match["key"]: match["value"]} if match else {}


def _in_flow(fragment: Fragment, node: Sequence) -> Iterator[Edit]:
    yield Edit(node.start, node.start + 1, "{")
    for item in node.items:
        yield from _bare(fragment, item, in_flow=True)
    yield Edit(node.end - 1, node.end, "}")


def _in_block(fragment: Fragment, node: Sequence) -> Iterator[Edit]:
    """Each entry without its dash, where the keys below this one belong."""
    document, lines = fragment.document, fragment.document.lines
    column = _column(fragment, node)
    for item in node.items:
        first = lines.line_at(item.start)
        start = lines.starts[first]
        if not _DASH.fullmatch(document.text, start, item.start):
            return
        yield Edit(start, item.start, " " * column)
        yield from _bare(fragment, item, in_flow=False)
        if isinstance(item, Mapping):
            last = lines.line_at(item.end - 1)
            yield from _shifted(document, range(first + 1, last + 1), column - (item.start - start))


def _column(fragment: Fragment, node: Sequence) -> int:
    """Where the keys go: to the dashes where these are indented, else where most stays."""
    dashes = fragment.column_of(node.start)
    if dashes > fragment.column:
        return dashes
    if isinstance(node.items[0], Mapping):
        return fragment.column_of(node.items[0].start)
    return fragment.column + fragment.document.lines.indent_unit


def _bare(fragment: Fragment, item: Node, *, in_flow: bool) -> Iterator[Edit]:
    """An entry as keys and values, without braces around them."""
    if isinstance(item, Scalar):
        ((key, value),) = _held(item.text, fragment.path).items()
        shown = "null" if value is None else _scalar(value, item.style, in_flow=in_flow)
        yield Edit(item.start, item.end, f"{written(key, '')}: {shown}")
    elif isinstance(item, Mapping) and fragment.document.text[item.start] == "{":
        yield Edit(item.start, item.start + 1, "")
        yield Edit(item.end - 1, item.end, "")


def _scalar(value: str, style: str, *, in_flow: bool) -> str:
    return written(value, style or ("'" if in_flow and not _IN_FLOW.isdisjoint(value) else ""))


def _shifted(document: Document, numbers: range, by: int) -> Iterator[Edit]:
    for number in numbers if by else ():
        start, end = document.lines.span(number)
        text = document.text[start:end]
        indent = len(text) - len(text.lstrip(" "))
        if text.strip():
            yield Edit(start, start + indent, " " * max(indent + by, 0))
