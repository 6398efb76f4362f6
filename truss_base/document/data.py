"""Nodes as plain data, as `yaml.safe_load` makes it: merge keys, last duplicate wins.

Aliases share what they stand for, so that unfolding costs nothing. Nothing is raised: what has no
value comes back as a Problem, and its place in the data stays empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from truss_base.document.compose import Problem
from truss_base.document.nodes import Entry, Mapping, Node, Scalar, Sequence, resolve
from truss_base.document.scalars import (
    MERGE,
    VALUE,
    MeaninglessScalarError,
    tag_of,
    value_of,
)

# More would not be read, and an alias may lead to the same one many times.
_MOST_PROBLEMS = 100
_PREFIX = "tag:yaml.org,2002:"
_MAPPING_TAGS = (None, "!", f"{_PREFIX}map", f"{_PREFIX}set")
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


def construct(root: Node | None) -> Data:
    """The data of a document whose aliases are known to unfold."""
    data = Data()
    if root is not None:
        data.value = _Constructor(data).value(root)
    return data


class _Constructor:
    __slots__ = ("_data", "_made")

    def __init__(self, data: Data) -> None:
        self._data = data
        self._made: dict[int, Any] = {}

    # Recursive, in one function only: nodes are at most `compose.MAX_DEPTH` deep.
    def value(self, node: Node) -> Any:
        if type(node) is Scalar:
            return self._scalar(node)
        node = resolve(node)
        if isinstance(node, Scalar):
            return self._scalar(node)
        if id(node) in self._made:
            return self._made[id(node)]
        if isinstance(node, Sequence):
            made = self._finish_list(node, [self.value(item) for item in node.items])
        else:
            pairs = {key: self.value(entry.value) for key, entry in self._effective(node).items()}
            made = self._finish_mapping(node, pairs)
        self._made[id(node)] = made
        return made

    def _scalar(self, node: Scalar) -> object:
        try:
            return value_of(node)
        except MeaninglessScalarError as error:
            self._problem(node, str(error))
            return None

    def _finish_list(self, node: Sequence, items: list[Any]) -> Any:
        if node.tag not in _SEQUENCE_TAGS:
            self._problem(node, f"the tag {node.tag} is not known to a config")
        if node.tag not in _SEQUENCE_TAGS[3:]:
            return items
        pairs: list[tuple[object, Any]] = []
        for part, item in zip(node.items, items, strict=True):
            if isinstance(item, dict) and len(item) == 1:
                pairs.extend(item.items())
            else:
                self._problem(part, "an entry of !!omap or !!pairs is a mapping of one key")
        return pairs

    def _finish_mapping(self, node: Mapping, pairs: dict[object, Any]) -> Any:
        if node.tag not in _MAPPING_TAGS:
            self._problem(node, f"the tag {node.tag} is not known to a config")
        return set(pairs) if node.tag == _MAPPING_TAGS[3] else pairs

    def _effective(self, node: Mapping) -> dict[object, Entry]:
        """The entries that count, by key: merged ones first, own ones over them."""
        known = self._data.entries.get(id(node))
        if known is not None:
            return known
        entries: dict[object, Entry] = {}
        own: dict[object, Entry] = {}
        for entry in node.entries:
            key_node = entry.key
            if type(key_node) is Scalar:
                tag = tag_of(key_node)
                if tag == MERGE:
                    entries.update(self._merged(entry.value))
                    continue
                key = key_node.text if tag == VALUE else self._scalar(key_node)
            else:
                key = self.value(key_node)
            if not _is_hashable(key):
                self._no_key(node, key_node)
                continue
            if key in own:
                self._data.duplicates.append(Duplicate(key, own[key], entry))
            own[key] = entry
        entries.update(own)
        self._data.entries[id(node)] = entries
        return entries

    def _merged(self, value: Node) -> dict[object, Entry]:
        target = resolve(value)
        if isinstance(target, Mapping):
            return self._effective(target)
        entries: dict[object, Entry] = {}
        sources = target.items if isinstance(target, Sequence) else []
        if not isinstance(target, Sequence):
            self._problem(value, "'<<' merges a mapping, or a list of mappings")
        for source in reversed(sources):
            mapping = resolve(source)
            if isinstance(mapping, Mapping):
                entries.update(self._effective(mapping))
            else:
                self._problem(source, "'<<' merges mappings, and this is none")
        return entries

    def _no_key(self, parent: Mapping, key: Node) -> None:
        braces = isinstance(key, Mapping) and key.flow and parent.flow
        if braces and key.start == parent.start + 1:
            message = "double braces are a mapping within a mapping here: put quotes around them"
            self._problem(parent, message, "template")
        else:
            self._problem(key, "a list or a mapping cannot be a key")

    def _problem(self, node: Node, message: str, kind: str = "value") -> None:
        if len(self._data.problems) < _MOST_PROBLEMS:
            end = max(node.end, node.start + 1)
            self._data.problems.append(Problem(node.start, end, message, kind))


def _is_hashable(key: object) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True
