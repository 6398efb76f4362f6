"""Values of a key: what its definition allows, and what the Truss around it has to offer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsp_server.features.completion.entries import list_at
from lsp_server.features.completion.paths import paths
from lsp_server.features.completion.writing import within
from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lsp_server.features.completion.place import Place
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View
    from truss_base.config import Field

Candidates = dict["str | int | bool", str]
"""Value → what to say beside it."""
_COUNTS = (1, 2, 4, 8)
_MEMORY = ("512Mi", "1Gi", "2Gi", "4Gi", "8Gi", "16Gi", "32Gi", "64Gi", "128Gi")
_CPU = ("500m", "1", "2", "4", "8", "16")
_UNITS = ("Gi", "Mi", "Ti")


def values(
    snapshot: Snapshot, place: Place, around: Surroundings, *, asked: bool
) -> Iterator[Suggestion]:
    """The values of a key that is known; paths where it names one."""
    from truss_base.config import lookup

    if list_at(snapshot, place.path) is not None:
        return
    found = list(paths(snapshot, place, around))
    field = lookup(place.path, snapshot.document.data)
    if field is not None and not found:
        found += _suggestions(snapshot, place, _candidates(place, field, around, asked=asked))
    yield from found


def _suggestions(snapshot: Snapshot, place: Place, candidates: Candidates) -> Iterator[Suggestion]:
    for order, (value, detail) in enumerate(candidates.items()):
        written = within(value, place.quote)
        yield Suggestion(
            label=written,
            kind="value",
            detail=detail,
            new_text=f"{place.lead}{written}",
            replace=snapshot.range(place.start, place.end),
            sort=f"{order:03}",
            # Quotes that a choice brings along are not what the user types.
            filter=f"{place.lead}{_typed_as(place, value)}" if isinstance(value, str) else "",
            about=place.path,
        )


def _typed_as(place: Place, value: str) -> str:
    """What is typed for a value: who begins a Python version with a digit means `3.11`."""
    if place.path == ("python_version",) and place.word[:1].isdigit():
        return f"{value[2]}.{value[3:]}"
    return value


def _candidates(place: Place, field: Field, around: Surroundings, *, asked: bool) -> Candidates:
    found: Candidates = {}
    if special := _SPECIAL.get(place.path):
        found |= special(place)
    if place.path in _FROM_THE_TRUSS or place.path[-1].endswith("secret_name"):
        view = around.view()
        reads = _FROM_THE_TRUSS.get(place.path, _secrets)
        found |= dict.fromkeys(reads(view) if view else (), "")
    return found | _defined(field, asked=asked)


def _defined(field: Field, *, asked: bool) -> Candidates:
    """What the definition itself offers; the default comes with the word for it.

    An example of free text only where somebody asked: else Enter would put it in.
    """
    found: Candidates = {True: "", False: ""} if isinstance(field.default, bool) else {}
    if not found:
        found = dict.fromkeys(field.allowed, "")
    if isinstance(field.example, (bool, int, str)) and (asked or field.allowed):
        found.setdefault(field.example, "example")
    if isinstance(field.default, (bool, int, str)) and field.default != "":
        found[field.default] = "default"
    return found


def _accelerators(place: Place) -> Candidates:
    """`H100` at first, `H100:2` once the type is there."""
    from truss_base.config.definitions.accelerator import ACCELERATORS

    name = place.word.partition(":")[0]
    if name not in ACCELERATORS:
        return {}
    return {
        (f"{name}:{number}" if number > 1 else name): f"{number} GPU{'s' * (number > 1)}"
        for number in _COUNTS
    }


def _memory(place: Place) -> Candidates:
    """Usual amounts; behind a number that was typed, the units."""
    if number := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)[a-zA-Z]*", place.word):
        return {f"{number[1]}{unit}": "" for unit in _UNITS}
    return dict.fromkeys(_MEMORY, "")


def _cpu(place: Place) -> Candidates:
    return dict.fromkeys(_CPU, "")


def _classes(view: View) -> list[str]:
    from truss_base.validation.outline import outline_of

    return list(outline_of(view.model.text).classes) if view.model else []


def _secrets(view: View) -> list[str]:
    return list(view.settings.secrets)


_SPECIAL: dict[tuple[str, ...], Callable[[Place], Candidates]] = {
    ("resources", "accelerator"): _accelerators,
    ("resources", "memory"): _memory,
    ("resources", "cpu"): _cpu,
}
_FROM_THE_TRUSS: dict[tuple[str, ...], Callable[[View], list[str]]] = {
    ("model_class_name",): _classes,
}
