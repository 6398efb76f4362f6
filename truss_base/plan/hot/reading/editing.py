"""The one function that tells two sources of a module apart, as most saves leave it.

Then nothing else has to be parsed: what stands around it is what it was, in other lines perhaps.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function, parse
from truss_base.plan.hot.facts import Kind
from truss_base.plan.hot.reading.statements import first_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from truss_base.plan.hot.facts import Definition, ModuleFacts

# The header of the block that a method is parsed in: it takes no `else`.
_BLOCK = "class _:"


@dataclass(frozen=True, slots=True)
class EditedFunction:
    """The function that changed: its definition before, and its statement, text and line after.

    `end` is the last line that it had, `shift` how many lines it has gained.
    """

    before: Definition
    statement: ast.stmt
    text: str
    line: int
    end: int
    shift: int


def edited_function(before: ModuleFacts, lines: Sequence[str]) -> EditedFunction | None:
    """The function in which the module with these `lines` differs from an earlier version; None
    if there is more to it, or it is not certain without parsing all."""
    old = before.source.split("\n")
    first = _same_lines(old, lines)
    if first == len(old) == len(lines):
        return None
    last = len(old) - _same_lines(old[first:][::-1], lines[first:][::-1])
    for definition, start, end in _functions(before):
        if start <= first and last <= end:
            found = _edited(definition, old, lines, start, end)
            if found is not None:
                return found
    return None


def _same_lines(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines two texts begin with in common."""
    for number, (before, after) in enumerate(zip(old, new, strict=False)):
        if before != after:
            return number
    return min(len(old), len(new))


def _functions(facts: ModuleFacts) -> Iterator[tuple[Definition, int, int]]:
    """Each function that one statement makes, and where its lines begin and end."""
    for definition in facts.definitions.values():
        if definition.kind is Kind.FUNCTION and len(definition.texts) == 1:
            start = definition.line - 1
            yield definition, start, start + definition.texts[0].count("\n") + 1


def _edited(
    definition: Definition, old: Sequence[str], new: Sequence[str], start: int, end: int
) -> EditedFunction | None:
    shift = len(new) - len(old)
    lines = new[start : end + shift]
    if not _stands_alone(lines):
        return None
    header = [_BLOCK] if old[start].startswith(" ") else []
    statement = _function([*header, *lines, ""])
    if statement is None or statement.name != definition.name.rpartition(".")[2]:
        return None
    if statement.col_offset != len(old[start]) - len(old[start].lstrip()):
        return None
    above = first_line(statement) - 1 - len(header)
    text = "\n".join(lines[above : (statement.end_lineno or 0) - len(header)])
    return EditedFunction(definition, statement, text, start + above + 1, end, shift)


def _stands_alone(lines: Sequence[str]) -> bool:
    """Whether the lines mean the same apart from those around them."""
    for line in lines:
        # Tabs are compared with the indentation above; what is no text does not parse.
        if line[: len(line) - len(line.lstrip())].strip(" ") or "\ufffd" in line:
            return False
    # A comment in the first lines may name an encoding.
    return bool(lines) and not lines[-1].endswith("\\") and "coding" not in "".join(lines[:2])


def _function(lines: Sequence[str]) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function that is the only statement in `lines`, or in the block that they are."""
    try:
        body = parse("\n".join(lines).encode()).body
    except SyntaxError:
        return None
    if lines[0] == _BLOCK and len(body) == 1 and isinstance(body[0], ast.ClassDef):
        body = body[0].body
    return body[0] if len(body) == 1 and isinstance(body[0], Function) else None
