"""What the rules look at, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from truss_base.plan.hot.building import fresh_modules, members_to_run, rebuilt_classes
from truss_base.plan.hot.facts import Kind
from truss_base.plan.hot.names import resolve
from truss_base.plan.hot.purity import Purity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_base.plan.hot.facts import Definition, Use
    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key, Module
    from truss_base.plan.hot.spread import Spread


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change cannot be swapped: `because` is a sentence, `key` the affected definition."""

    key: Key
    because: str


@dataclass(frozen=True)
class Case:
    """Two versions of a program, and what lies between them."""

    old: Graph
    new: Graph
    changed: frozenset[Key]
    affected: Spread

    @property
    def graphs(self) -> tuple[Graph, Graph]:
        return self.old, self.new

    @cached_property
    def loading(self) -> tuple[tuple[Graph, Mapping[Key, Key | None]], ...]:
        """For either version, everything that runs or is reachable before the first request."""
        return tuple((graph, graph.loading) for graph in self.graphs)

    @cached_property
    def rebased(self) -> frozenset[Key]:
        """The classes of the model of which nothing changed but which bases of the Truss they
        have. What the bases bring is judged member by member."""
        both = {*self.old.family.classes} & {*self.new.family.classes} & self.changed
        same = self.old.family.foreign == self.new.family.foreign
        return frozenset(key for key in both if same and self._is_rebased(key))

    def _is_rebased(self, key: Key) -> bool:
        old, new = (graph.program.definition(key) for graph in self.graphs)
        if old is None or new is None:
            return False
        before, after = old.scans[0], new.scans[0]
        if (before.decorators, before.keywords) != (after.decorators, after.keywords):
            return False
        kept = [base for base in before.bases if base in after.bases]
        return kept == [base for base in after.bases if base in before.bases]

    @cached_property
    def purity(self) -> Purity:
        return Purity(self.new.program)

    @cached_property
    def fresh(self) -> frozenset[str]:
        """The modules that get a new object."""
        return fresh_modules(self.new, self.affected.through.keys())

    @cached_property
    def executed(self) -> Mapping[Key, Definition]:
        """The definitions of the new version that the swap runs."""
        found: dict[Key, Definition] = {}
        classes = rebuilt_classes(self.new, self.affected.through.keys())
        for name in self.fresh:
            module = self.new.program.modules[name]
            for definition in module.facts.definitions.values():
                if self._runs(module, definition, classes):
                    found[name, definition.name] = definition
        return found

    def _runs(self, module: Module, definition: Definition, classes: frozenset[Key]) -> bool:
        key = (module.name, definition.name)
        owner = (module.name, definition.owner)
        if key in self.affected or key in classes or module.name not in self.old.program.modules:
            return True
        if owner in classes:
            return members_to_run(module, definition, self.purity)
        return bool(definition.owner) and owner in self.affected and owner not in self.new.family

    @cached_property
    def rebound(self) -> Mapping[Key, tuple[tuple[Key, Use], ...]]:
        """The variables that functions of either version bind anew or change, by whom."""
        found: dict[Key, list[tuple[Key, Use]]] = {}
        for graph in self.graphs:
            for key, writer, use in _written(graph):
                found.setdefault(key, []).append((writer, use))
        return {key: tuple(writers) for key, writers in found.items()}


def _written(graph: Graph) -> Iterator[tuple[Key, Key, Use]]:
    """What functions bind or change outside of themselves, with who does, and where."""
    for module in graph.program.modules.values():
        for definition in module.facts.definitions.values():
            for scan in definition.scans:
                for use in scan.stores:
                    for key in resolve(graph.program, module, use.path, scan.imports, whole=False):
                        target = graph.program.definition(key)
                        if target is not None and target.kind not in (Kind.IMPORT, Kind.CLASS):
                            yield key, (module.name, definition.name), use
