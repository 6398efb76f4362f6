"""Nodes as plain data, as `yaml.safe_load` makes it: merge keys, last duplicate wins.

Aliases share what they stand for, so that unfolding costs nothing. Nothing is raised: what has no
value comes back as a Problem, and its place in the data stays empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from truss_base.document.compose import Problem
from truss_base.document.nodes import Entry, Mapping, Node, Scalar, Sequence, resolve
from truss_base.document.scalars import (
    MERGE,
    SHORT,
    VALUE,
    MeaninglessScalarError,
    short_value,
    tag_of,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

# More would not be read, and an alias may lead to the same one many times.
_MOST_PROBLEMS = 100
_PREFIX = "tag:yaml.org,2002:"
_MAPPING_TAGS = (None, "!", f"{_PREFIX}map", f"{_PREFIX}set")
# Plain keys that are no text: the ones of the tags MERGE and VALUE.
_SPECIAL_KEYS = ("<<", "=")
_SEQUENCE_TAGS = (None, "!", f"{_PREFIX}seq", f"{_PREFIX}omap", f"{_PREFIX}pairs")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that is given twice; the last one counts."""

    key: object
    first: Entry
    again: Entry


@dataclass(slots=True)
class Data:
    """Plain data, and where its parts come from.

    `entries` maps a mapping node's identity to its keys as the data has them, merged ones
    included; `duplicates` are in the order of the text.
    """

    value: Any = None
    problems: list[Problem] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    entries: dict[int, dict[object, Entry]] = field(default_factory=dict)


def construct(root: Node | None, closed: Iterable[Sequence | Mapping]) -> Data:
    """The data of a document whose aliases are known to unfold.

    `closed` has its collections, each after those within it: however deep, none waits for another.
    """
    data = Data()
    if root is not None:
        constructor = _Constructor(data)
        constructor.make(closed)
        data.value = constructor.value(root)
        data.duplicates.sort(key=lambda duplicate: duplicate.again.key.start)
    return data


class _Constructor:
    __slots__ = ("_data", "_foreign", "_made")

    def __init__(self, data: Data) -> None:
        self._data = data
        self._made: dict[int, Any] = {}
        self._foreign: dict[int, Problem] = {}

    def make(self, closed: Iterable[Sequence | Mapping]) -> None:
        """The data of collections, each from what is made already."""
        made, value = self._made, self.value
        for node in closed:
            if type(node) is Mapping:
                made[id(node)] = self._mapping(node)
            elif type(node) is Sequence:
                made[id(node)] = self._finish_list(node, [value(item) for item in node.items])

    def value(self, node: Node) -> Any:
        """The data of a node; None where it holds itself, which is a fault of its own."""
        if type(node) is Scalar:
            return self._scalar(node)
        target = resolve(node)
        return self._scalar(target) if isinstance(target, Scalar) else self._made.get(id(target))

    def _scalar(self, node: Scalar) -> object:
        # Most scalars are short and plain: what they mean is known from the last time.
        if node.tag is None and not node.style and len(node.text) <= SHORT:
            value = short_value(node.text)
            if type(value) is not MeaninglessScalarError:
                return value
            self._problem(node, str(value))
            return None
        try:
            return value_of(node)
        except MeaninglessScalarError as error:
            self._problem(node, str(error))
            return None

    def _finish_list(self, node: Sequence, items: list[Any]) -> Any:
        if node.tag not in _SEQUENCE_TAGS:
            self._foreign_tag(node)
        if node.tag not in _SEQUENCE_TAGS[3:]:
            return items
        pairs: list[tuple[object, Any]] = []
        for part, item in zip(node.items, items, strict=True):
            if isinstance(item, dict) and len(item) == 1:
                pairs.extend(item.items())
            else:
                self._problem(part, "an entry of !!omap or !!pairs is a mapping of one key")
        return pairs

    def _mapping(self, node: Mapping) -> Any:
        entries = self._effective(node)
        self._data.entries[id(node)] = entries
        if node.tag not in _MAPPING_TAGS:
            self._foreign_tag(node)
        if node.tag == _MAPPING_TAGS[3]:
            return set(entries)
        value = self.value
        return {key: value(entry.value) for key, entry in entries.items()}

    def _effective(self, node: Mapping) -> dict[object, Entry]:
        """The entries that count, by key: merged ones first, own ones over them."""
        merged: dict[object, Entry] = {}
        own: dict[object, Entry] = {}
        for entry in node.entries:
            key_node = entry.key
            if type(key_node) is not Scalar:
                key = self.value(key_node)
                if isinstance(key, (list, dict, set)):
                    self._no_key(node, key_node)
                    continue
            elif key_node.tag is None and key_node.text not in _SPECIAL_KEYS:
                key = self._scalar(key_node)
            else:
                tag = tag_of(key_node)
                if tag == MERGE:
                    merged.update(self._merged(entry.value))
                    continue
                key = key_node.text if tag == VALUE else self._scalar(key_node)
            if key in own:
                self._data.duplicates.append(Duplicate(key, own[key], entry))
                # Nothing reads the value before; the loader refuses it all the same.
                self.value(own[key].value)
            own[key] = entry
        return {**merged, **own} if merged else own

    def _merged(self, value: Node) -> dict[object, Entry]:
        target = resolve(value)
        entries: dict[object, Entry] = {}
        if not isinstance(target, (Mapping, Sequence)):
            self._problem(value, "'<<' merges a mapping, or a list of mappings")
            return entries
        self._forget_tag(value)
        for source in reversed(target.items) if isinstance(target, Sequence) else (target,):
            mapping = resolve(source)
            if isinstance(mapping, Mapping):
                self._forget_tag(source)
                entries.update(self._data.entries.get(id(mapping), {}))
            else:
                self._problem(source, "'<<' merges mappings, and this is none")
        return entries

    def _foreign_tag(self, node: Sequence | Mapping) -> None:
        problem = self._problem(node, f"the tag {node.tag} is not known to a config")
        if problem is not None:
            self._foreign[id(node)] = problem

    def _forget_tag(self, node: Node) -> None:
        """What is merged where it is written is never made, so its tag does not matter."""
        problem = self._foreign.pop(id(node), None)
        if problem is not None:
            self._data.problems.remove(problem)

    def _no_key(self, parent: Mapping, key: Node) -> None:
        if len(self._data.problems) >= _MOST_PROBLEMS:
            return
        braces = isinstance(key, Mapping) and key.flow and parent.flow
        if braces and key.start == parent.start + 1:
            message = "double braces are a mapping within a mapping here: put quotes around them"
            self._problem(parent, message, "template")
        else:
            self._problem(key, "a list or a mapping cannot be a key")

    def _problem(self, node: Node, message: str, kind: str = "value") -> Problem | None:
        if len(self._data.problems) >= _MOST_PROBLEMS:
            return None
        problem = Problem(node.start, max(node.end, node.start + 1), message, kind)
        self._data.problems.append(problem)
        return problem
