"""A value that stands where a list was wanted, as the only entry of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.document import Document, Mapping, Scalar, Sequence
from truss_base.validation.findings import Edit, Fix
from truss_base.validation.fragment import Fragment, fragment_at
from truss_base.validation.requirements import bad_line
from truss_base.validation.rewriting import as_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Fault

_TITLE = "Make it a list"
_REQUIREMENTS, _PACKAGES = ("requirements",), ("system_packages",)
# Lists further down hardly look different from these.
_TELLING_KEYS = 200


def to_list(document: Document, fault: Fault) -> Iterator[Fix]:
    """The fix of a value that is no list; none where a list of it would be no better.

    Text is one entry, whatever commas are in it; but a block of requirements, one on each line,
    leaves no doubt of what was meant.
    """
    fragment = fragment_at(document, fault.path)
    if fragment is None:
        return
    node = fragment.entry.value
    if fragment.value in (None, ""):
        fix = fragment.empty("[]")
    elif isinstance(node, Scalar) and node.style == "|" and _has_lines(fragment):
        fix = _of_lines(fragment, node.text.splitlines())
    else:
        fix = _of_one(fragment)
    if fix is not None:
        yield fix


def _has_lines(fragment: Fragment) -> bool:
    return fragment.path in (_REQUIREMENTS, _PACKAGES)


def _of_lines(fragment: Fragment, lines: list[str]) -> Fix | None:
    written = [line.strip() for line in lines if line.strip()]
    entries = [line.partition(" #")[0].strip() for line in written if not line.startswith("#")]
    if not all(_is_one(fragment, entry) for entry in entries):
        return None
    front = _next_line(fragment, _dash_column(fragment))
    block = "".join(
        front + (line if line.startswith("#") else f"- {as_entry(line)}") for line in written
    )
    node = fragment.entry.value
    return fragment.fix(
        _TITLE, [Edit(_after_colon(fragment), node.end, block)], entries, exact=False
    )


def _is_one(fragment: Fragment, line: str) -> bool:
    """Whether a line asks for one thing, and is whole."""
    if fragment.path == _PACKAGES:
        return not set(line) & set(" ,;\\")
    return not line.endswith("\\") and bad_line(line) is None


def _of_one(fragment: Fragment) -> Fix | None:
    value = fragment.value
    if fragment.path == _REQUIREMENTS and isinstance(value, str) and bad_line(value):
        return None
    edits = _brackets(fragment) if fragment.flow else _dash(fragment)
    return fragment.fix(_TITLE, edits, [value], exact=True) if edits else None


def _brackets(fragment: Fragment) -> list[Edit]:
    node = fragment.entry.value
    return [Edit(node.start, node.start, "["), Edit(node.end, node.end, "]")]


def _dash(fragment: Fragment) -> list[Edit]:
    """A dash in front of the value, which starts a line of its own or then gets one."""
    node, text = fragment.entry.value, fragment.document.text
    if "\n" not in fragment.gap:
        # The lines of a block stay where they are, so they have to be right of the dash.
        is_block = isinstance(node, Scalar) and node.style in ("|", ">")
        column = fragment.column if is_block else _dash_column(fragment)
        return [Edit(_after_colon(fragment), node.start, f"{_next_line(fragment, column)}- ")]
    if isinstance(node, Mapping) and not node.flow:
        # In the place of two blanks it leaves the other keys where they are.
        has_room = fragment.column_of(node.start) - fragment.column >= len("- ")
        blank = text[node.start - 2 : node.start] == "  "
        return [Edit(node.start - 2, node.start, "- ")] if has_room and blank else []
    return [Edit(node.start, node.start, "- ")]


def _after_colon(fragment: Fragment) -> int:
    return fragment.entry.key.end + fragment.gap.index(":") + 1


def _next_line(fragment: Fragment, column: int) -> str:
    return fragment.document.lines.newline + " " * column


def _dash_column(fragment: Fragment) -> int:
    """Where the dashes of a list belong: below the key as in the file's other lists."""
    root = fragment.document.root
    for entry in root.entries[:_TELLING_KEYS] if isinstance(root, Mapping) else ():
        if isinstance(entry.value, Sequence) and not entry.value.flow:
            step = fragment.column_of(entry.value.start) - fragment.column_of(entry.key.start)
            return fragment.column + max(step, 0)
    return fragment.column + fragment.document.lines.indent_unit
