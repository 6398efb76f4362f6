"""What a name in a module denotes, through imports, classes and packages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_base.plan.hot.facts import Import, Path, Scan
    from truss_base.plan.hot.program import Key, Module, Program

ALL = "*"
"""Last part of a key that stands for everything in a module ("*") or in a class ("Class.*")."""


def resolve(
    program: Program,
    module: Module,
    path: Path,
    local: Mapping[str, tuple[Import, ...]] | None = None,
    *,
    whole: bool = True,
) -> set[Key]:
    """The definitions that `path` in `module` touches; `local` are imports inside functions.

    With `whole`, a class or module that is used itself stands for everything in it: whoever has
    it can reach all that it holds. What does not exist resolves to the key that it would have, so
    that who reads it is affected once it is added.
    """
    search = _Search(program, whole)
    search.name(module, path, local or {})
    return search.found


def class_of(program: Program, module: Module, path: Path) -> Key | None:
    """The class of the Truss that `path` denotes."""
    for key in resolve(program, module, path, whole=False):
        definition = program.definition(key)
        if definition and definition.kind is Kind.CLASS and key[1] == path[-1]:
            return key
    return None


@dataclass(slots=True)
class _Search:
    program: Program
    whole: bool
    found: set[Key] = field(default_factory=set)
    _seen: set[tuple[str, Path]] = field(default_factory=set)

    def name(
        self, module: Module, path: Path, local: Mapping[str, tuple[Import, ...]] | None = None
    ) -> None:
        if (module.name, path) in self._seen:
            return
        self._seen.add((module.name, path))
        root, rest = path[0], path[1:]
        imported = (local or {}).get(root, ())
        definition = module.facts.definitions.get(root)
        if definition is not None:
            imported = (*imported, *_imports(definition.scans, root))
            if definition.kind is Kind.CLASS:
                self._member(module, root, rest)
        for target in imported:
            self._import(module, target, rest)
        if definition is not None or not imported:
            self.found.add((module.name, root))
        if definition is None and not imported:
            self._stars(module, path)

    def _member(self, module: Module, name: str, rest: Path) -> None:
        if not rest:
            self.found.update([(module.name, f"{name}.{ALL}")] if self.whole else [])
            return
        member = f"{name}.{rest[0]}"
        self.found.add((module.name, member))
        if member not in module.facts.definitions:
            for base in module.facts.definitions[name].scans[0].bases:
                self.name(module, (*base, rest[0]))

    def _import(self, module: Module, target: Import, rest: Path) -> None:
        base = module.absolute(target)
        if target.name is None:
            self.found.add((target.loads, ""))
            self._module(base, rest)
            return
        inner = f"{base}.{target.name}"
        self.found.update([(base, ""), (inner, "")])
        source = self.program.modules.get(base)
        if source is not None and target.name in source.facts.definitions:
            self.name(source, (target.name, *rest))
        elif self.program.has(inner):
            self._module(inner, rest)
        elif source is not None:
            self.name(source, (target.name, *rest))

    def _module(self, name: str, rest: Path) -> None:
        self.found.add((name, ""))
        while rest and self.program.has(f"{name}.{rest[0]}"):
            name, rest = f"{name}.{rest[0]}", rest[1:]
            self.found.add((name, ""))
        module = self.program.modules.get(name)
        if module is None:
            return
        defined = bool(rest) and rest[0] in module.facts.definitions
        if rest and (defined or not rest[0].startswith("__")):
            self.name(module, rest)
        elif self.whole:
            self.found.add((name, ALL))

    def _stars(self, module: Module, path: Path) -> None:
        for star in module.facts.stars:
            source = self.program.modules.get(module.absolute(star))
            if source is not None and path[0] in source.facts.definitions:
                self.name(source, path)
                self.found.update([(source.name, "__all__")] if self.whole else [])


def _imports(scans: tuple[Scan, ...], root: str) -> list[Import]:
    return [target for scan in scans for target in scan.imports.get(root, ())]
