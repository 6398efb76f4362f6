"""From text to nodes, with libyaml's events: fast, exact, and never recursive.

What libyaml would refuse comes back as a Problem beside the nodes read so far; nothing is raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from truss_base.document.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

# Deeper than any config; well below what recursion over data in Python and JSON can take.
MAX_DEPTH = 200
# What aliases may unfold to: beyond it, a few lines of text can fill the memory.
MAX_NODES = 1_000_000

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is no YAML, or none that is read: at which characters.

    `missing` is the text that would mend it if it stood at `end`, where that is all it takes.
    """

    start: int
    end: int
    message: str
    kind: str = "syntax"
    missing: str = ""


@dataclass(slots=True)
class Composition:
    """The nodes of a text and the problem that ended reading, if one did.

    `mark` and `context` are where libyaml says the problem and its cause are, `reason` its words.
    """

    root: Node | None = None
    problem: Problem | None = None
    reason: str = ""
    mark: int = 0
    context: int | None = None
    closed: list[Sequence | Mapping] = field(default_factory=list)
    has_aliases: bool = False


def compose(text: str) -> Composition:
    """The nodes of a text without a byte order mark and without characters YAML forbids."""
    import yaml

    composition = Composition()
    try:
        _Composer(text, composition).run()
    except yaml.MarkedYAMLError as error:
        mark, context = error.problem_mark, error.context_mark
        composition.reason = f"{error.context or ''} {error.problem or ''}".strip()
        composition.mark = mark.index if mark else 0
        composition.context = context.index if context else None
        composition.problem = Problem(composition.mark, composition.mark + 1, composition.reason)
    except _StopError as stop:
        composition.problem = stop.problem
        composition.mark = stop.problem.start
    if composition.problem is None and composition.has_aliases:
        composition.problem = _unfolding(composition)
    return composition


class _StopError(Exception):
    """Ends reading; never leaves this module."""

    def __init__(self, start: int, end: int, message: str, kind: str) -> None:
        super().__init__(message)
        self.problem = Problem(start, end, message, kind)


class _Composer:
    """Builds nodes from events: a stack of open collections, and keys that wait for a value."""

    __slots__ = ("_anchors", "_composition", "_keys", "_open", "_text")

    def __init__(self, text: str, composition: Composition) -> None:
        self._text = text
        self._composition = composition
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}

    def run(self) -> None:
        # Branches in the order of frequency: this loop is most of the cost of a keystroke.
        import yaml

        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        for event in _events(self._text):
            kind = type(event)
            if kind is scalar:
                self._add(self._scalar(event))
            elif kind in ends:
                self._close(event)
            elif kind is yaml.MappingStartEvent:
                self._begin(Mapping(*self._range(event), bool(event.flow_style), event.tag), event)
            elif kind is yaml.SequenceStartEvent:
                self._begin(Sequence(*self._range(event), bool(event.flow_style), event.tag), event)
            elif kind is alias:
                self._add(self._alias(event))
            elif kind is yaml.DocumentStartEvent and self._composition.root is not None:
                start = event.start_mark.index
                raise _StopError(
                    start, start + 3, "a config is one document: remove this '---'", "documents"
                )

    def _scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        tag = event.tag
        if event.anchor is not None or tag is not None:
            start = self._content(start, end)
            self._remember(event, node := Scalar(start, end, event.value, event.style or "", tag))
            return node
        style = event.style or ""
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        return Scalar(start, end, event.value, style, None)

    def _content(self, start: int, end: int) -> int:
        match = _PROPERTIES.match(self._text, start, end)
        return match.end() if match else start

    def _range(self, event: Any) -> tuple[int, int]:
        start = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            start = self._content(start, event.end_mark.index)
        return start, event.end_mark.index

    def _begin(self, node: Sequence | Mapping, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise _StopError(node.start, node.start + 1, message, "too-large")
        self._add(node)
        self._remember(event, node)
        self._open.append(node)
        self._keys.append(None)

    def _close(self, event: Any) -> None:
        node = self._open.pop()
        self._keys.pop()
        node.end = event.end_mark.index if node.flow else _end_of_children(node)
        self._composition.closed.append(node)

    def _add(self, node: Node) -> None:
        if not self._open:
            self._composition.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
        else:
            parent.entries.append(Entry(key, node))
            self._keys[-1] = None

    def _remember(self, event: Any, node: Node) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node

    def _alias(self, event: Any) -> Alias:
        start, end = event.start_mark.index, event.end_mark.index
        target = self._anchors.get(event.anchor)
        if target is None:
            message = f"no anchor is called {event.anchor!r} above"
            raise _StopError(start, end, message, "alias")
        self._composition.has_aliases = True
        return Alias(start, end, event.anchor, target)


def _events(text: str) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    end = yaml.StreamEndEvent
    try:
        while type(event := loader.get_event()) is not end:
            yield event
    finally:
        loader.dispose()


def _end_of_children(node: Sequence | Mapping) -> int:
    """libyaml ends a block collection at the next token, after blank lines and comments."""
    if isinstance(node, Sequence):
        return node.items[-1].end if node.items else node.start
    return node.entries[-1].value.end if node.entries else node.start


def _unfolding(composition: Composition) -> Problem | None:
    """The alias that holds itself or unfolds to more than is read, if there is one."""
    sizes: dict[int, int] = {}
    for node in composition.closed:
        size = 1
        for child in parts(node):
            target = child.target if isinstance(child, Alias) else child
            known = 1 if isinstance(target, Scalar) else sizes.get(id(target))
            if known is None:
                message = "an alias stands for something that holds the alias itself"
                return Problem(child.start, child.end, message, "alias")
            size += known
        if size > MAX_NODES:
            message = f"its aliases unfold to more than {MAX_NODES:,} values"
            return Problem(node.start, node.start + 1, message, "too-large")
        sizes[id(node)] = size
    return None
