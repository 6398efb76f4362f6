"""Lines of requirements: what pip understands, and what it surely does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.config.wording import shorten
from truss_base.document import Scalar, Sequence, resolve
from truss_base.validation.findings import Edit, Finding, Fix
from truss_base.validation.rewriting import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.document import Document

# The everyday shape, decided without the parser: `name[extra]==1.2, <2`.
_VERSION = r"\s*(?:==|>=|<=|~=|!=|<|>)\s*\d+(?:\.\d+)*"
_EVERYDAY = re.compile(
    rf"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9_, -]+\])?"
    rf"(?:{_VERSION}(?:,{_VERSION})*)?",
    re.ASCII,
)
_LOCAL = re.compile(r"\.{0,2}/|\.{1,2}$|[A-Za-z]:\\|.*\.(?:whl|zip|tar\.gz|tgz)(?:\[|$|#| )")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_OPTIONS = re.compile(r"\s--?[a-z].*$", re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s)#.*$", re.DOTALL)
_SINGLE_EQUALS = re.compile(r"([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*=\s*([0-9][^=\s]*)")
_NO_OPERATOR = re.compile(r"([A-Za-z0-9._-]+)\s+(\d[\w.]*)")


@dataclass(frozen=True, slots=True)
class BadLine:
    """Why a line is no requirement, and what it may have been meant to be."""

    message: str
    suggestions: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def bad_line(line: str) -> BadLine | None:
    """What is wrong with a line of requirements; None for everything pip takes."""
    text = _COMMENT.sub("", line).strip()
    if not text or text.startswith("-") or _LOCAL.match(text):
        return None
    text = _OPTIONS.sub("", text).rstrip("\\ \t")
    if _EVERYDAY.fullmatch(text) or _URL.match(text) or _VARIABLE.search(text):
        return None
    # Imported here: most configs have none but everyday lines.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError):
        return BadLine(_reason(text), _suggestions(text))
    return None


def _reason(text: str) -> str:
    shown = shorten(text)
    if _SINGLE_EQUALS.fullmatch(text):
        return f"{shown!r} is no requirement: a version is compared with '=='"
    return f"{shown!r} is no requirement such as name==1.2"


def _suggestions(text: str) -> tuple[str, ...]:
    match = _SINGLE_EQUALS.fullmatch(text) or _NO_OPERATOR.fullmatch(text)
    return (f"{match[1]}=={match[2]}",) if match else ()


def requirement_entries(document: Document) -> Iterator[Finding]:
    """The wrong lines under `requirements`."""
    node = document.node(("requirements",))
    entries = resolve(node) if node is not None else None
    if not isinstance(entries, Sequence):
        return
    for item in entries.items:
        scalar = resolve(item)
        bad = bad_line(scalar.text) if isinstance(scalar, Scalar) and item is scalar else None
        if bad is None or not isinstance(scalar, Scalar):
            continue
        fixes = tuple(_change(item.start, item.end, text, scalar.style) for text in bad.suggestions)
        yield Finding(item.start, item.end, "requirement", "warning", bad.message, fixes=fixes)


def _change(start: int, end: int, better: str, style: str) -> Fix:
    return Fix(f"Change to {better}", (Edit(start, end, written(better, style)),), preferred=True)


def requirement_lines(text: str, path: str) -> Iterator[Finding]:
    """The wrong lines of a requirements file; ranges are in that file's text."""
    start = 0
    continued = False
    for raw in text.splitlines(keepends=True):
        line = raw.rstrip("\r\n")
        bad = None if continued else bad_line(line)
        if bad is not None:
            first = start + len(line) - len(line.lstrip())
            last = first + len(_COMMENT.sub("", line).strip())
            fixes = tuple(
                Fix(f"Change to {better}", (Edit(first, last, better),), True)
                for better in bad.suggestions
            )
            yield Finding(
                first, last, "requirement", "warning", bad.message, fixes=fixes, path=path
            )
        continued = line.endswith("\\")
        start += len(raw)
