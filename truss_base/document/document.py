"""A YAML text, read once: its nodes, its data and what is wrong with its syntax."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from truss_base.document.compose import Composition, Problem, compose
from truss_base.document.data import Data, Duplicate, construct
from truss_base.document.diagnosis import diagnose
from truss_base.document.lines import LineIndex
from truss_base.document.nodes import Mapping, Node, Scalar, Sequence, resolve
from truss_base.document.repair import repair
from truss_base.document.shifts import Shifts, Splice
from truss_base.document.stricter import BOM, glued_comments, put_back, question_marks, stand_in
from truss_base.document.tabs import misplaced_tabs

if TYPE_CHECKING:
    from truss_base.document.nodes import Entry

Path = tuple["str | int", ...]

# What YAML forbids in a text. Replaced one for one, so that every position stays.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_CHARACTER_PROBLEMS = 20
_REPAIRABLE = ("syntax", "tab")


class Document:
    """The nodes of one version of a text. Never raises, whatever the text.

    `problems` are the faults of syntax. `depth` is how many collections are within each other,
    the innermost at `deepest`. `repaired` lines were changed to read on after a fault: the nodes
    there are guesses.
    """

    def __init__(
        self,
        text: str,
        found: Composition,
        problems: tuple[Problem, ...],
        repaired: frozenset[int] = frozenset(),
        lines: LineIndex | None = None,
    ) -> None:
        self.text = text
        self._lines = lines
        self.root = found.root
        self.repaired = repaired
        self.depth, self.deepest = found.depth, found.deepest
        self._closed = found.closed
        self._syntax = problems

    @classmethod
    def parse(cls, text: str, lines: LineIndex | None = None) -> Document:
        """Reads a text; one that is no YAML is repaired as far as that goes.

        `lines` are those of the text, where somebody knows them already.
        """
        problems = _forbidden(text)
        clean = _FORBIDDEN.sub("\ufffd", text) if problems else text
        offset = 1 if clean.startswith(BOM) else 0
        body = clean[offset:]
        inner = stand_in(body) if BOM in body else ""
        body = body.replace(BOM, inner) if inner else body
        found = compose(body)
        repaired: frozenset[int] = frozenset()
        if found.problem is not None:
            index = LineIndex(body)
            problem = diagnose(body, index, found)
            problems.append(problem)
            if problem.kind in _REPAIRABLE:
                outcome = repair(body, index, found, problem)
                found, repaired = outcome.composition, outcome.lines
        else:
            problems += question_marks(body, found.root)
            problems += glued_comments(body, found.root)
            if "\t" in body:
                problems += misplaced_tabs(body, LineIndex(body), found.root)
        if inner and found.root is not None:
            put_back(found.root, inner)
        if offset:
            problems = [_moved(problem, offset) for problem in problems]
            if found.root is not None:
                Shifts([Splice(0, offset, "")]).move(found.root)
        return cls(text, found, tuple(problems), repaired, lines)

    @cached_property
    def lines(self) -> LineIndex:
        """Lines and columns of the text."""
        return self._lines or LineIndex(self.text)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that makes a loader refuse the text, in the order of the text."""
        found = (*self._syntax, *self._data.problems)
        return tuple(sorted(found, key=lambda problem: problem.start))

    @property
    def data(self) -> Any:
        """The plain data, as far as it could be read; do not change it."""
        return self._data.value

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Keys given twice in one mapping."""
        return tuple(self._data.duplicates)

    def entry(self, path: Path) -> Entry | None:
        """The key and value at a path; None for the root, list entries and what is not there."""
        parent = self.node(path[:-1]) if path else None
        return self._entries(parent).get(path[-1]) if isinstance(parent, Mapping) else None

    def node(self, path: Path) -> Node | None:
        """The value at a path, an alias resolved on the way; None where there is nothing."""
        node = self.root
        for step in path:
            at = resolve(node) if node is not None else None
            if isinstance(at, Mapping):
                entry = self._entries(at).get(step)
                node = entry.value if entry is not None else None
            elif isinstance(at, Sequence) and isinstance(step, int) and step < len(at.items):
                node = at.items[step]
            else:
                return None
        return node

    def path_at(self, index: int) -> tuple[Path, Node | None]:
        """The path and the node a character belongs to: the innermost that holds it.

        On a key it is the path of that key, with the key's node.
        """
        path: Path = ()
        node = self.root
        while node is not None:
            step = _step_at(node, index)
            if step is None:
                return path, node
            name, node, is_key = step
            path = (*path, name)
            if is_key:
                return path, node
        return path, None

    @cached_property
    def _data(self) -> Data:
        # A document whose aliases cannot be unfolded has no data.
        hopeless = any(problem.kind in ("alias", "too-large") for problem in self._syntax)
        return Data() if hopeless else construct(self.root, self._closed)

    def _entries(self, node: Mapping) -> dict[object, Entry]:
        return self._data.entries.get(id(node), {})


def _step_at(node: Node, index: int) -> tuple[str | int, Node, bool] | None:
    if isinstance(node, Sequence):
        for position, item in enumerate(node.items):
            if item.start <= index <= item.end:
                return position, item, False
    if isinstance(node, Mapping):
        for entry in node.entries:
            if not isinstance(entry.key, Scalar):
                continue
            if entry.key.start <= index <= entry.key.end:
                return entry.key.text, entry.key, True
            if entry.value.start <= index <= entry.value.end:
                return entry.key.text, entry.value, False
    return None


def _forbidden(text: str) -> list[Problem]:
    if text.isascii() and text.isprintable():
        return []
    problems = []
    for match in _FORBIDDEN.finditer(text):
        message = f"the character U+{ord(match[0]):04X} cannot be in YAML: remove it"
        problems.append(Problem(match.start(), match.end(), message))
        if len(problems) == _MOST_CHARACTER_PROBLEMS:
            break
    return problems


def _moved(problem: Problem, offset: int) -> Problem:
    return replace(problem, start=problem.start + offset, end=problem.end + offset)
