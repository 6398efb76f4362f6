"""Where the Python of a Truss names the model's class: by import, through a module, or in its file.

What is named by text (`getattr(module, "Model")`) is not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsp_server.features.python_scopes import Origin
from lsp_server.features.python_uses import names_in
from truss_base.exceptions import PathError
from truss_base.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsp_server.features.python_scopes import Names
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View


@dataclass(frozen=True, slots=True)
class ClassUse:
    """A place of the class's name. `qualified` where the file itself has no such name because of
    it: behind a module (`module.Model`), or imported as another one."""

    file: Snapshot
    start: int
    qualified: bool


def class_uses(view: View, name: str) -> Iterator[ClassUse]:
    """Every place in a Python file at which the model's class is called by its name."""
    try:
        layout = Layout.of(view.settings)
    except PathError:
        return
    files = {_module(view, layout, source): source for source in view.sources}
    known = {prefix for module in files for prefix in _prefixes(module)}
    names = {
        module: names_in(file.text, module, is_package=file.uri.endswith("/__init__.py"))
        for module, file in files.items()
    }
    search = _Search(name, _holders(layout.entry_module, name, names), frozenset(known), names)
    for module, found in names.items():
        for start, qualified in sorted(search.places(found)):
            yield ClassUse(files[module], start, qualified)


def _module(view: View, layout: Layout, source: Snapshot) -> str:
    path = source.path.relative_to(view.folder).as_posix() if source.path else source.uri
    return layout.module_name(path)


def _prefixes(module: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def _holders(entry: str, name: str, names: Mapping[str, Names]) -> frozenset[str]:
    """The modules that have the class by its name: where it is defined, and who passes it on."""
    holders = {entry}
    while True:
        further = {
            module
            for module, found in names.items()
            if module not in holders and _passes_on(found, name, holders)
        }
        if not further:
            return frozenset(holders)
        holders |= further


def _passes_on(found: Names, name: str, holders: set[str]) -> bool:
    origins = found.exports.get(name, ())
    taken = (one.module for one in origins if one.member == name and not one.renamed)
    return any(module in holders for module in (*taken, *found.stars))


@dataclass(frozen=True, slots=True)
class _Search:
    """`known` are the modules of the Truss, and the packages that they are in."""

    name: str
    holders: frozenset[str]
    known: frozenset[str]
    names: Mapping[str, Names]

    def places(self, found: Names) -> set[tuple[int, bool]]:
        """Where the class is named in a file, and whether behind a module or to rename it."""
        imported = {
            (start, origin.renamed) for origin, start in found.imports if self._is_it(origin)
        }
        used = {
            (use.starts[at], at > 0)
            for use in found.uses
            for origin in use.origins
            if (at := self._part(use.parts, 0, origin)) is not None
        }
        return imported | used

    def _is_it(self, origin: Origin) -> bool:
        return origin.member == self.name and origin.module in self.holders

    def _part(
        self, parts: tuple[str, ...], at: int, origin: Origin, seen: frozenset[Origin] = frozenset()
    ) -> int | None:
        """Which part of a dotted name is the class's name, where `origin` is what part `at` is."""
        if self._is_it(origin):
            return None if origin.renamed else at
        module = origin.module if origin.member is None else f"{origin.module}.{origin.member}"
        if module in self.known:
            if at + 1 == len(parts):
                return None
            return self._part(parts, at + 1, Origin(module, parts[at + 1]))
        # A variable of a module is what it was bound to there.
        seen |= {origin}
        bound = self._bound(origin) - seen
        found = (self._part(parts, at, one, seen) for one in bound)
        return next((one for one in found if one is not None), None)

    def _bound(self, origin: Origin) -> frozenset[Origin]:
        names = self.names.get(origin.module)
        return names.exports.get(origin.member or "", frozenset()) if names else frozenset()
