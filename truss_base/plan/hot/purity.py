"""Whether running a piece of code again changes anything but its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base.plan.hot import known
from truss_base.plan.hot.facts import SELF, Kind, Role
from truss_base.plan.hot.names import class_of, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_base.plan.hot.facts import Definition, Import, Path, Use
    from truss_base.plan.hot.program import Key, Module, Program

_MAKING = ("__init__", "__new__", "__post_init__")


def foreign_name(
    program: Program,
    module: Module,
    path: Path,
    local: Mapping[str, tuple[Import, ...]] | None = None,
) -> str | None:
    """The full name of what `path` denotes outside the Truss: "torch.nn.Module", "len"; `local`
    are imports inside functions.

    None for what the Truss defines.
    """
    if local and path[0] in local:
        return next(_full_names(program, module, [*local[path[0]]], path[1:]), None)
    definition = module.facts.definitions.get(path[0])
    if definition is None:
        return None if module.facts.stars else ".".join(path)
    targets = [item for scan in definition.scans for item in scan.imports.get(path[0], ())]
    if definition.kind not in (Kind.IMPORT, Kind.COMPOUND) or not targets:
        return None
    return next(_full_names(program, module, targets, path[1:]), None)


def _full_names(
    program: Program, module: Module, targets: list[Import], rest: Path
) -> Iterator[str]:
    for target in targets:
        base = module.absolute(target)
        if not program.has(base) and not program.has(f"{base}.{target.name}"):
            yield ".".join([base, *([target.name] if target.name else []), *rest])


@dataclass(slots=True)
class Purity:
    """Judges calls and decorators in one program, by what is known and by looking inside."""

    program: Program
    _judged: dict[Key, bool] = field(default_factory=dict)

    def may_call(self, module: Module, path: Path) -> bool:
        """Whether calling `path` may be done once more."""
        foreign = foreign_name(self.program, module, path)
        if foreign is not None:
            return foreign in known.BUILTINS or known.may_be_called(foreign)
        target = self._defined(module, path)
        if target is not None:
            return self.is_pure(target)
        return len(path) > 1 and path[-1] in known.PURE_METHODS

    def may_decorate(self, module: Module, path: Path) -> bool:
        """Whether a decorator hands its function on without keeping it."""
        if path[-1] in known.ACCESSORS and len(path) > 1:
            return True
        foreign = foreign_name(self.program, module, path)
        if foreign is not None:
            return foreign in known.DECORATORS or known.may_decorate(foreign)
        target = self._defined(module, path)
        return target is not None and self.is_pure(target)

    def decorators_known(self, module: Module, definition: Definition) -> bool:
        """Whether every decorator of a definition is."""
        every = (item for scan in definition.scans for item in scan.decorators)
        return all(self.may_decorate(module, path) for path in every)

    def is_pure(self, key: Key) -> bool:
        """Whether calling a function or class of the Truss changes nothing but its result."""
        if key not in self._judged:
            self._judged[key] = True  # until shown otherwise: it may call itself
            self._judged[key] = self._examine(key)
        return self._judged[key]

    def _examine(self, key: Key) -> bool:
        module = self.program.modules[key[0]]
        definition = module.facts.definitions[key[1]]
        if definition.kind is Kind.CLASS:
            members = [f"{key[1]}.{name}" for name in _MAKING]
            found = [name for name in members if name in module.facts.definitions]
            return all(self.is_pure((key[0], name)) for name in found) and all(
                self.may_be_base(module, base) for base in definition.scans[0].bases
            )
        if definition.kind is not Kind.FUNCTION:
            return False
        if not self.decorators_known(module, definition):
            return False
        methods = frozenset().union(*(scan.method_calls for scan in definition.scans))
        return methods <= known.PURE_METHODS and all(
            self._harmless(module, definition, use) for use in definition.uses
        )

    def _harmless(self, module: Module, definition: Definition, use: Use) -> bool:
        own = use.path[0] == SELF
        if use.role in (Role.STORE, Role.MUTATE):
            return own
        if use.role is not Role.CALL:
            return True
        if not own:
            return self.may_call(module, use.path)
        member = f"{definition.owner}.{use.path[1]}" if len(use.path) == 2 else ""
        if member in module.facts.definitions:
            return self.is_pure((module.name, member))
        return use.path[-1] in {*known.PURE_METHODS, *_MAKING}

    def may_be_base(self, module: Module, base: Path) -> bool:
        """Whether deriving a class from `base` is seen by nobody else."""
        foreign = foreign_name(self.program, module, base)
        if foreign is not None:
            return foreign in known.BUILTINS or known.may_be_base(foreign)
        key = class_of(self.program, module, base)
        if key is None:
            return False
        owner = self.program.modules[key[0]]
        definition = owner.facts.definitions[key[1]]
        if f"{key[1]}.__init_subclass__" in owner.facts.definitions:
            return False
        scan = definition.scans[0]
        return not unknown_metaclass(scan.keywords) and all(
            self.may_be_base(owner, item) for item in scan.bases if item != base
        )

    def _defined(self, module: Module, path: Path) -> Key | None:
        """The function or class of the Truss that `path` denotes."""
        for key in resolve(self.program, module, path, whole=False):
            definition = self.program.definition(key)
            if definition is None or key[1].rpartition(".")[2] != path[-1]:
                continue
            if definition.kind in (Kind.FUNCTION, Kind.CLASS):
                return key
        return None


def unknown_metaclass(keywords: tuple[str, ...]) -> str | None:
    """The metaclass among the keywords of a class statement, if nothing is known of it."""
    for keyword in keywords:
        name, _, value = keyword.partition("=")
        if name == "metaclass" and value not in known.METACLASSES:
            return value or "?"
    return None
