"""The program that a Truss runs: its modules, as far as the model's imports reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from truss_base.layout import Layout
    from truss_base.plan.hot.facts import Definition, Import, ModuleFacts

Key = tuple[str, str]
"""A definition: its module and its name. ("helpers", "") stands for the module itself."""


@dataclass(frozen=True, slots=True)
class Module:
    """One module of the program, from the file at `path`."""

    name: str
    path: str
    facts: ModuleFacts

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py")

    def absolute(self, target: Import) -> str:
        """The full name of the module that an import in this module means."""
        if not target.level:
            return target.module
        base = self.name if self.is_package else self.name.rpartition(".")[0]
        for _ in range(target.level - 1):
            base = base.rpartition(".")[0]
        return f"{base}.{target.module}" if base and target.module else base or target.module


@dataclass(frozen=True)
class Program:
    """`modules` by name; `folders` are the names that only contain modules."""

    layout: Layout
    modules: Mapping[str, Module]
    folders: frozenset[str]

    @property
    def has_entry(self) -> bool:
        """Whether the file is there from which the model is loaded."""
        return self.layout.entry_module in self.modules

    def definition(self, key: Key) -> Definition | None:
        module = self.modules.get(key[0])
        return None if module is None else module.facts.definitions.get(key[1])

    def has(self, name: str) -> bool:
        """Whether a module or folder of that name belongs to the Truss."""
        return name in self.modules or name in self.folders

    def is_same(self, other: Program) -> bool:
        """Whether two programs are made from the same facts."""
        if self.layout != other.layout or self.modules.keys() != other.modules.keys():
            return False
        pairs = ((module, other.modules[name]) for name, module in self.modules.items())
        return all(one.facts is two.facts and one.path == two.path for one, two in pairs)

    def line(self, key: Key) -> int:
        definition = self.definition(key)
        return definition.line if definition is not None else 0


def read_program(
    layout: Layout,
    files: Mapping[str, bytes],
    facts: Callable[[str, bytes], ModuleFacts],
) -> Program:
    """Follows the imports from the model's module. Raises SyntaxError, its filename a path."""
    modules: dict[str, Module] = {}
    pending = [layout.entry_module]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        pending.append(name.rpartition(".")[0] or name)
        path = next((place for place in layout.places(name) if place in files), None)
        if path is not None:
            modules[name] = Module(name, path, facts(path, files[path]))
            pending.extend(_imported(modules[name]))
    folders = {prefix for name in modules for prefix in _prefixes(name)} - set(modules)
    return Program(layout, modules, frozenset(folders))


def edited_program(
    before: Program,
    files: Mapping[str, bytes],
    changes: Mapping[str, bytes | None],
    facts: Callable[[str, bytes], ModuleFacts],
) -> Program | None:
    """The program in `files` with `changes` on top, where that in `files` is `before`; None where
    an import that is another, or a file that comes or goes, may lead to other modules.

    Raises SyntaxError, its filename a path.
    """
    if any(content is None or path not in files for path, content in changes.items()):
        return None
    modules = dict(before.modules)
    for name, module in before.modules.items():
        content = changes.get(module.path)
        if content is not None:
            modules[name] = replace(module, facts=facts(module.path, content))
            if modules[name].facts.imports != module.facts.imports:
                return None
    return replace(before, modules=modules)


def _imported(module: Module) -> Iterator[str]:
    for target in module.facts.imports:
        base = module.absolute(target)
        yield target.loads if target.name is None else base
        if target.name is not None:
            yield f"{base}.{target.name}"


def _prefixes(name: str) -> Iterator[str]:
    while name := name.rpartition(".")[0]:
        yield name
