"""YAML text: as plain data, and as nodes that know which characters they take."""

from truss_base.document.compose import Problem
from truss_base.document.data import Duplicate
from truss_base.document.document import Document
from truss_base.document.lines import Encoding, LineIndex
from truss_base.document.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, resolve
from truss_base.document.reading import load, read_text

__all__ = [
    "Alias",
    "Document",
    "Duplicate",
    "Encoding",
    "Entry",
    "LineIndex",
    "Mapping",
    "Node",
    "Problem",
    "Scalar",
    "Sequence",
    "load",
    "read_text",
    "resolve",
]
