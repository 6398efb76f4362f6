"""Document links: the files and folders that a config names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.document import Alias, Scalar, Sequence, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lsp_server.view import View
    from truss_base.document import Node

_FROM_THE_TRUSS = (
    "model_module_dir",
    "requirements_file",
    "data_dir",
    "bundled_packages_dir",
    "external_package_dirs",
    "examples_filename",
)
_FROM_THE_MODEL = "model_class_filename"


@dataclass(frozen=True, slots=True)
class Link:
    """A path as it stands in the config, and what it leads to (which need not be there)."""

    start: int
    end: int
    target: Path


def links(view: View) -> tuple[Link, ...]:
    """Every path of a config, in the order of the text."""
    found = [link for key in _FROM_THE_TRUSS for link in _links(view, key, view.folder)]
    found += _links(view, _FROM_THE_MODEL, view.model_path.parent)
    return tuple(sorted(found, key=lambda link: link.start))


def link_at(view: View, index: int) -> Link | None:
    """The link that a character is part of."""
    return next((link for link in links(view) if link.start <= index <= link.end), None)


def _links(view: View, key: str, base: Path) -> Iterator[Link]:
    entry = view.config.document.entry((key,))
    for node in _values(entry.value) if entry is not None else ():
        value = resolve(node)
        text = value.text if isinstance(value, Scalar) and node.start < node.end else ""
        if text and "\0" not in text:
            yield Link(node.start, node.end, _target(base, text))


def _values(node: Node) -> tuple[Node, ...]:
    """A value, or the entries of a list of them; an alias counts where it stands."""
    if isinstance(node, Alias):
        return (node,)
    return tuple(node.items) if isinstance(node, Sequence) else (node,)


def _target(base: Path, text: str) -> Path:
    parts = [part for part in text.split("/") if part not in ("", ".")]
    target = base
    for part in parts:  # without the disk: a link says where to, not whether
        target = target.parent if part == ".." else target / part
    return target
