"""What mends a fault of syntax, where it takes no guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from truss_base.document import Document
from truss_base.validation.findings import Edit, Fix
from truss_base.validation.rewriting import edited, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.document import Problem

_INDENT = re.compile(r"[ \t]*\t[ \t]*(?=[^ \t\r\n])")


def fixes_of_syntax(document: Document, problem: Problem) -> tuple[Fix, ...]:
    """What an editor can offer for a problem of the text itself."""
    if problem.missing:
        title = f"Add the missing {'space' if problem.missing == ' ' else problem.missing!r}"
        edit = Edit(problem.end, problem.end, problem.missing)
        return (Fix(title, (edit,), preferred=True),)
    if problem.kind == "tab":
        return tuple(_without_tabs(document, problem))
    there = document.text[problem.start : problem.end]
    if problem.kind in ("template", "quotes") and "\n" not in there:
        quoted = written(there, "'")
        edit = Edit(problem.start, problem.end, quoted)
        return (Fix(f"Put quotes around it: {quoted}", (edit,), preferred=True),)
    return ()


def _without_tabs(document: Document, problem: Problem) -> Iterator[Fix]:
    """Every tab that indents, as steps of the file's own; inside a line a tab is one space."""
    lines = document.lines
    start = lines.starts[lines.line_at(problem.start)]
    if document.text[start : problem.start].strip():
        edit = Edit(problem.start, problem.end, " ")
        yield Fix("Replace the tab by a space", (edit,), preferred=True)
        return
    edits = tuple(_indentation(document))
    after = Document.parse(edited(document.text, edits))
    # Inside a text of several lines a tab may be meant: then the rest is for the user to see.
    if edits and not any(left.kind == "tab" for left in after.problems):
        yield Fix("Indent by spaces instead of tabs", edits, preferred=True)


def _indentation(document: Document) -> Iterator[Edit]:
    lines, step = document.lines, " " * document.lines.indent_unit
    for line in range(len(lines)):
        start, end = lines.span(line)
        if match := _INDENT.match(document.text, start, end):
            yield Edit(start, match.end(), match[0].replace("\t", step))
