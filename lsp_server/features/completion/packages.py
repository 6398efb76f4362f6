"""Python packages for requirements: in the config's list, and in the file that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsp_server.features.completion.place import Place
from lsp_server.features.completion.writing import within
from lsp_server.features.requirements_file import requirement_line
from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lsp_server.features.surroundings import Distribution, Surroundings
    from lsp_server.snapshot import Snapshot

REQUIREMENTS = ("requirements",)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*|")
# One name and one version: options, addresses, paths and remarks are none.
_TYPED = re.compile(r"\s*(?P<word>(?:[A-Za-z0-9][\w.-]*[=<>!~]*[\w.+]*)?)")
_REST = re.compile(r"(?P<word>[\w.=<>!~+-]*)(?:\s*[;#].*|\s*)")


def in_the_list(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """What an entry of the config's own list can be."""
    data = snapshot.document.data
    written = data.get(REQUIREMENTS[0]) if isinstance(data, dict) else None
    lines = written if isinstance(written, list) else []
    texts = (line for line in lines if isinstance(line, str))
    return _packages(snapshot, place, around, texts)


def in_the_file(snapshot: Snapshot, index: int, around: Surroundings) -> Iterator[Suggestion]:
    """What a line of the requirements file can be; nothing in other files."""
    if requirement_line(snapshot, index, around) is None:
        return
    start, end = snapshot.lines.span(snapshot.lines.line_at(index))
    typed = _TYPED.fullmatch(snapshot.text, start, index)
    rest = _REST.fullmatch(snapshot.text, index, end)
    if typed is None or rest is None:
        return
    place = Place("item", REQUIREMENTS, typed["word"], typed.start("word"), rest.end("word"))
    others = f"{snapshot.text[:start]}{snapshot.text[end:]}".splitlines()
    yield from _packages(snapshot, place, around, others)


def _packages(
    snapshot: Snapshot, place: Place, around: Surroundings, lines: Iterable[str]
) -> Iterator[Suggestion]:
    """Packages with the versions they have elsewhere, without those that `lines` ask for."""
    from truss_base.requirements import project

    name = _NAME.match(place.word)
    prefix = name[0].lower().replace("_", "-") if name else ""
    written = {project(line) for line in lines} - {prefix}
    fitting = (
        found
        for found in around.distributions()
        if found.name.startswith(prefix) and found.name not in written
    )
    for order, found in enumerate(fitting):
        yield _package(snapshot, place, found, order)


def _package(snapshot: Snapshot, place: Place, found: Distribution, order: int) -> Suggestion:
    text = f"{found.name}=={found.version}" if found.version else found.name
    return Suggestion(
        label=text,
        kind="package",
        detail=found.where,
        new_text=f"{place.lead}{within(text, place.quote)}",
        replace=snapshot.range(place.start, place.end),
        sort=f"{order:03}",
    )
