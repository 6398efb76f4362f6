"""The nodes of a YAML text, each with the characters it takes."""

from __future__ import annotations

from collections.abc import Iterator


class Scalar:
    """A single value. `text` is its content after unescaping, `style` how it was quoted.

    `start` and `end` leave out an anchor or a tag in front, and blank lines behind. `tag` is None
    where none was written: plain text then means what YAML 1.1 says, quoted text is text.
    """

    __slots__ = ("end", "start", "style", "tag", "text")

    def __init__(self, start: int, end: int, text: str, style: str, tag: str | None) -> None:
        self.start = start
        self.end = end
        self.text = text
        self.style = style
        self.tag = tag

    @property
    def is_plain(self) -> bool:
        """Whether it was written without quotes, as text of one or more lines."""
        return self.style == ""


class Sequence:
    """A list; `flow` when it was written with brackets."""

    __slots__ = ("end", "flow", "items", "start", "tag")

    def __init__(self, start: int, end: int, flow: bool, tag: str | None) -> None:
        self.start = start
        self.end = end
        self.flow = flow
        self.tag = tag
        self.items: list[Node] = []


class Mapping:
    """Keys and values in the order of the text, duplicates included."""

    __slots__ = ("end", "entries", "flow", "start", "tag")

    def __init__(self, start: int, end: int, flow: bool, tag: str | None) -> None:
        self.start = start
        self.end = end
        self.flow = flow
        self.tag = tag
        self.entries: list[Entry] = []


class Alias:
    """`*name`: another node by its anchor. The range is that of the alias itself."""

    __slots__ = ("end", "name", "start", "target")

    def __init__(self, start: int, end: int, name: str, target: Node) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.target = target


class Entry:
    """A key and its value; an absent value is a Scalar without characters, after the colon."""

    __slots__ = ("key", "value")

    def __init__(self, key: Node, value: Node) -> None:
        self.key = key
        self.value = value


Node = Scalar | Sequence | Mapping | Alias


def resolve(node: Node) -> Scalar | Sequence | Mapping:
    """The node itself, or the one an alias stands for."""
    while isinstance(node, Alias):
        node = node.target
    return node


def parts(node: Node) -> Iterator[Node]:
    """The nodes right inside a collection; none in a scalar, none behind an alias."""
    if isinstance(node, Sequence):
        yield from node.items
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield entry.key
            yield entry.value
