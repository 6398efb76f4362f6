"""Hover: what a key is for, where a shared name stands, which version of a package is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lsp_server.features.names import same
from lsp_server.features.reference import describe
from lsp_server.features.requirements_file import requirement_line
from lsp_server.items import Hover
from truss_base.document import Alias, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsp_server.features.names import Occurrence
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.items import Position
    from lsp_server.snapshot import Snapshot
    from truss_base.document import Node

LinkOf = Callable[["str | None"], "str | None"]
"""Anchor of a key in the reference → a link to it."""
MOST_PLACES = 10
_SHARED = ("secret", "environment variable")
_SHARED_UNDER = ("secrets", "environment_variables")


def hover(
    snapshot: Snapshot, position: Position, around: Surroundings, link_of: LinkOf
) -> Hover | None:
    """None outside a Truss, between its keys, and where there is nothing to say."""
    index = snapshot.index(position)
    if not snapshot.is_config:
        if (line := requirement_line(snapshot, index, around)) is not None:
            return _requirement(snapshot, line.text, line.start, line.end, around)
        return _shared_name(snapshot, index, around) if _in_quotes(snapshot, index) else None
    path, node = snapshot.document.path_at(index)
    if not path or not isinstance(node, (Scalar, Alias)):
        return None
    if path[0] in _SHARED_UNDER and len(path) == 2:
        return _shared_name(snapshot, index, around)
    if path[0] == "requirements" and len(path) == 2 and isinstance(node, Scalar):
        return _requirement(snapshot, node.text, node.start, node.end, around)
    return _key(snapshot, path, node, link_of)


def _key(
    snapshot: Snapshot, path: tuple[str | int, ...], node: Node, link_of: LinkOf
) -> Hover | None:
    from truss_base.config import lookup
    from truss_base.config.blocks import reference_anchor

    data = snapshot.document.data
    field = lookup(path, data)
    if field is None:
        return None
    link = link_of(reference_anchor(path, data))
    more = f"\n[Reference]({link})\n" if link else ""
    return Hover(snapshot.range(node.start, node.end), describe(path, field) + more)


def _requirement(
    snapshot: Snapshot, written: str, start: int, end: int, around: Surroundings
) -> Hover | None:
    from truss_base.requirements import project

    name = project(written)
    if name is None:
        return None
    facts = [
        f"- {where}: {version or 'not installed'}" for where, version in around.installed(name)
    ]
    text = "\n".join([f"**`{name}`**", "", *facts]) + "\n"
    return Hover(snapshot.range(start, end), text)


def _shared_name(snapshot: Snapshot, index: int, around: Surroundings) -> Hover | None:
    """A secret or an environment variable: where it is declared, and where it is read."""
    view = around.view()
    found = same(view, snapshot, index) if view is not None else ()
    if not found or found[0].name.kind not in _SHARED:
        return None
    name = found[0].name
    facts = "\n".join(_facts(found))
    return Hover(found[0].range, f"**`{name.text}`**: {name.kind}\n\n{facts}\n")


def _facts(found: Sequence[Occurrence]) -> Iterator[str]:
    declared = [one for one in found if one.declares]
    read = [one for one in found if not one.declares]
    yield from (f"- declared in {_place(one)}" for one in declared)
    if not declared:
        yield "- not declared in the config"
    yield from (f"- read in {_place(one)}" for one in read[:MOST_PLACES])
    if len(read) > MOST_PLACES:
        yield f"- and in {len(read) - MOST_PLACES} more places"
    if not read:
        yield "- read nowhere by its name"


def _place(one: Occurrence) -> str:
    """A link to the line, shown with the file's path in the Truss."""
    line = one.range.start.line + 1
    file, truss = one.file.path, one.file.truss
    shown = file.relative_to(truss).as_posix() if file and truss else one.file.uri
    return f"[{shown}:{line}]({one.file.uri}#L{line})"


def _in_quotes(snapshot: Snapshot, index: int) -> bool:
    """Whether a string may stand here: cheap, since hovers in Python come with every move."""
    start, end = snapshot.lines.span(snapshot.lines.line_at(index))
    before, after = snapshot.text[start:index], snapshot.text[index:end]
    return any(quote in before and quote in after for quote in "'\"")
