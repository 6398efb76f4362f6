"""Names that the config and the Python share, and every place where they stand.

Secrets and environment variables are declared in the config and read in Python, the model's class
is defined in Python and may be named in the config; anchors live in the config alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lsp_server.features.class_uses import class_uses
from truss_base.document import Mapping, Scalar, resolve
from truss_base.document.anchors import anchors
from truss_base.validation.environment_uses import environment_uses
from truss_base.validation.outline import outline_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lsp_server.items import Range
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View

Kind = Literal["secret", "environment variable", "model class", "anchor"]
CLASS_KEY = "model_class_name"
_DECLARED_UNDER: dict[str, Kind] = {
    "secrets": "secret",
    "environment_variables": "environment variable",
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name by kind and text."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place of a name: characters of a file, quotes left out.

    ``literal`` is false where it is spelt in another way than letter by letter (an escape).
    ``qualified`` where the file needs the name only behind a module: it may have another such name.
    """

    name: Name
    file: Snapshot
    start: int
    end: int
    declares: bool = False
    literal: bool = True
    qualified: bool = False

    @property
    def range(self) -> Range:
        return self.file.range(self.start, self.end)

    def holds(self, file: Snapshot, index: int) -> bool:
        return self.file.uri == file.uri and self.start <= index <= self.end


def occurrences(view: View) -> tuple[Occurrence, ...]:
    """Every place of every shared name of a Truss, file by file."""
    found = [*_declared(view), *_anchors(view), *_class_uses(view)]
    for source in view.sources:
        found += _read(source)
    return tuple(found)


def same(view: View, file: Snapshot, index: int) -> tuple[Occurrence, ...]:
    """Every place of the name at a character, that place first; empty where none stands."""
    everywhere = occurrences(view)
    here = next((one for one in everywhere if one.holds(file, index)), None)
    if here is None:
        return ()
    return (here, *(one for one in everywhere if one.name == here.name and one != here))


def _declared(view: View) -> Iterator[Occurrence]:
    """Keys under `secrets` and `environment_variables`."""
    for key, kind in _DECLARED_UNDER.items():
        entry = view.config.document.entry((key,))
        mapping = resolve(entry.value) if entry is not None else None
        if isinstance(mapping, Mapping):
            for inner in mapping.entries:
                if isinstance(inner.key, Scalar):
                    name = Name(kind, inner.key.text)
                    yield _within(name, view.config, inner.key.start, inner.key.end, declares=True)


def _anchors(view: View) -> Iterator[Occurrence]:
    for anchor in anchors(view.config.text):
        name = Name("anchor", anchor.name)
        yield Occurrence(name, view.config, anchor.start, anchor.end, declares=not anchor.alias)


def _read(source: Snapshot) -> Iterator[Occurrence]:
    """Secrets and environment variables that a Python file reads by name."""
    for start, end, text in outline_of(source.text).secrets.named:
        yield _within(Name("secret", text), source, start, end)
    for start, end, text in environment_uses(source.text):
        yield _within(Name("environment variable", text), source, start, end)


def _class_uses(view: View) -> Iterator[Occurrence]:
    """The model's class: in the config, where it is defined, and where Python names it."""
    name = Name("model class", view.settings.model_class_name)
    entry = view.config.document.entry((CLASS_KEY,))
    value = resolve(entry.value) if entry is not None else None
    if isinstance(value, Scalar) and value.text == name.text:
        yield _within(name, view.config, value.start, value.end)
    model = view.model
    defined = outline_of(model.text).classes.get(name.text) if model is not None else None
    if model is None or defined is None:
        return
    for use in class_uses(view, name.text):
        end = use.start + len(name.text)
        declares = use.file is model and use.start == defined[0].start
        # Python 3.11 and older do not tell the exact place of what is within an f-string.
        literal = use.file.text[use.start : end] == name.text
        yield Occurrence(name, use.file, use.start, end, declares, literal, use.qualified)


def _within(
    name: Name, file: Snapshot, start: int, end: int, *, declares: bool = False
) -> Occurrence:
    """The name inside its quotes, where it stands there letter by letter."""
    spelt = file.text[start:end]
    at = spelt.find(name.text)
    rest = len(spelt) - at - len(name.text)
    if at < 0 or not name.text or rest > at:  # a prefix such as r"" makes the front longer
        return Occurrence(name, file, start, end, declares, literal=False)
    return Occurrence(name, file, start + at, start + at + len(name.text), declares)


def by_file(found: Iterable[Occurrence]) -> dict[str, list[Occurrence]]:
    """The occurrences of each file, by its URI."""
    grouped: dict[str, list[Occurrence]] = {}
    for one in found:
        grouped.setdefault(one.file.uri, []).append(one)
    return grouped
