"""From text to nodes, with libyaml's events: fast, exact, and never recursive.

What libyaml would refuse comes back as a Problem beside the nodes read so far; nothing is raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from truss_base.document.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, parts

if TYPE_CHECKING:
    from collections.abc import Callable

# Where the existing loader's recursion ends at the latest. What reads values as a config stops
# before, see `document.reading`: recursion over data in Python and JSON has its limits too.
MAX_DEPTH = 492
# What aliases may unfold to: beyond it, a few lines of text can fill the memory.
MAX_NODES = 1_000_000

# Scalars of these styles end where libyaml says: block scalars take the blank lines below them too.
_AS_IT_STANDS = ("", None, "'", '"')
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
    `closed` has all collections, each after those within it; `depth` of them are within each other,
    the innermost at `deepest`.
    """

    root: Node | None = None
    problem: Problem | None = None
    depth: int = 0
    deepest: int = 0
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
    """Builds nodes from events: a stack of open collections, each with the nodes right inside it.

    Keys and values of a mapping wait in one list until its end makes entries of them.
    """

    __slots__ = ("_anchors", "_children", "_composition", "_open", "_roots", "_text")

    def __init__(self, text: str, composition: Composition) -> None:
        self._text = text
        self._composition = composition
        self._roots: list[Node] = []
        self._children = self._roots
        self._open: list[tuple[Sequence | Mapping, list[Node]]] = []
        self._anchors: dict[str, Node] = {}

    def run(self) -> None:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(self._text)
        try:
            self._read(loader.get_event)
        finally:
            loader.dispose()
            while self._open:
                self._finish()
            self._composition.root = self._roots[0] if self._roots else None

    def _read(self, next_event: Callable[[], Any]) -> None:
        # This loop is most of the cost of a keystroke: the branches are in the order of frequency,
        # and what is most frequent of all, a scalar without anchor and tag, calls nothing of ours.
        import yaml

        scalar, end = yaml.ScalarEvent, yaml.StreamEndEvent
        mapping, mapping_end = yaml.MappingStartEvent, yaml.MappingEndEvent
        sequence, sequence_end = yaml.SequenceStartEvent, yaml.SequenceEndEvent
        add = self._children.append
        while (kind := type(event := next_event())) is not end:
            if kind is scalar:
                if event.tag is None and event.anchor is None and event.style in _AS_IT_STANDS:
                    start, stop = event.start_mark.index, event.end_mark.index
                    add(Scalar(start, stop, event.value, event.style or "", None))
                else:
                    add(self._scalar(event))
            elif kind is mapping_end or kind is sequence_end:
                self._close(event.end_mark.index)
                add = self._children.append
            elif kind is mapping or kind is sequence:
                self._begin(Mapping if kind is mapping else Sequence, event)
                add = self._children.append
            elif kind is yaml.AliasEvent:
                add(self._alias(event))
            elif kind is yaml.DocumentStartEvent and self._roots:
                start = event.start_mark.index
                raise _StopError(
                    start, start + 3, "a config is one document: remove this '---'", "documents"
                )

    def _scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or ""
        if event.anchor is not None or event.tag is not None:
            start = self._content(start, end)
            node = Scalar(start, end, event.value, style, event.tag)
            if event.anchor is not None:
                self._anchors[event.anchor] = node
            return node
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        return Scalar(start, end, event.value, style, None)

    def _content(self, start: int, end: int) -> int:
        match = _PROPERTIES.match(self._text, start, end)
        return match.end() if match else start

    def _begin(self, kind: type[Sequence | Mapping], event: Any) -> None:
        start, end, tag = event.start_mark.index, event.end_mark.index, event.tag
        if tag is not None or event.anchor is not None:
            start = self._content(start, end)
        node = kind(start, end, event.flow_style, tag)
        if len(self._open) >= MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise _StopError(start, start + 1, message, "too-large")
        self._children.append(node)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._open.append((node, self._children))
        if len(self._open) > self._composition.depth:
            self._composition.depth, self._composition.deepest = len(self._open), start
        self._children = []

    def _close(self, end: int) -> None:
        """libyaml ends a block collection at the next token, after blank lines and comments."""
        inner = self._children
        node = self._finish()
        if node.flow:
            node.end = end
        else:
            node.end = inner[-1].end if inner else node.start

    def _finish(self) -> Sequence | Mapping:
        """The innermost open collection, with its nodes; a key without a value is dropped."""
        node, outer = self._open.pop()
        inner, self._children = self._children, outer
        if type(node) is Mapping:
            node.entries = list(map(Entry, inner[::2], inner[1::2]))
        elif type(node) is Sequence:
            node.items = inner
        self._composition.closed.append(node)
        return node

    def _alias(self, event: Any) -> Alias:
        start, end = event.start_mark.index, event.end_mark.index
        target = self._anchors.get(event.anchor)
        if target is None:
            message = f"no anchor is called {event.anchor!r} above"
            raise _StopError(start, end, message, "alias")
        self._composition.has_aliases = True
        return Alias(start, end, event.anchor, target)


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
