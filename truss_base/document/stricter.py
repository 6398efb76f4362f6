"""Where the loader's parser, the one in Python, differs from libyaml besides tabs.

It ends plain text within brackets and braces at a question mark, and then refuses what follows. A
byte order mark within a text is text to it; libyaml skips one at the start of any line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from truss_base.document.compose import Problem
from truss_base.document.nodes import Mapping, Scalar, Sequence, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.document.nodes import Node

BOM = "\ufeff"
_MOST_PROBLEMS = 20
_GLUED = re.compile(r"[|>][-+0-9]*#")


def question_marks(text: str, root: Node | None) -> list[Problem]:
    """Plain text with a question mark in it, within brackets or braces."""
    if root is None or "?" not in text or not ("[" in text or "{" in text):
        return []
    problems = []
    for node in _flow_scalars(root):
        if node.is_plain and "?" in node.text[1:]:
            message = "a '?' within brackets or braces ends the text: put quotes around it"
            problems.append(Problem(node.start, node.end, message, "quotes"))
    return problems[:_MOST_PROBLEMS]


def glued_comments(text: str, root: Node | None) -> list[Problem]:
    """Comments right behind the sign of a block scalar, `>#`: libyaml asks for no space there."""
    if root is None or _GLUED.search(text) is None:
        return []
    problems = []
    pending = [root]
    while pending:
        node = pending.pop()
        pending.extend(parts(node))
        if isinstance(node, Scalar) and node.style in ("|", ">"):
            glued = _GLUED.match(text, node.start)
            if glued is not None:
                message = "a space is missing before this comment"
                end = glued.end() - 1
                problems.append(Problem(node.start, end, message, missing=" "))
    return problems[:_MOST_PROBLEMS]


def _flow_scalars(root: Node) -> Iterator[Scalar]:
    pending = [root]
    while pending:
        node = pending.pop()
        flow = isinstance(node, (Mapping, Sequence)) and node.flow
        for part in parts(node):
            if not isinstance(part, Scalar):
                pending.append(part)
            elif flow:
                yield part


def stand_in(text: str) -> str:
    """A character that is not in the text, for libyaml to read in place of a byte order mark."""
    return next(character for character in map(chr, range(0xE000, 0xF8FF)) if character not in text)


def put_back(root: Node, character: str) -> None:
    """The byte order marks that a character stood for, back in the text of the nodes."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            node.text = node.text.replace(character, BOM)
        pending.extend(parts(node))
