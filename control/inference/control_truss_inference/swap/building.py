"""The modules of a new version, made beside those that serve.

What the swap document executes is executed in a fresh module; what it carries over is the same
object as before. Nothing that serves is touched: a failure leaves nothing to undo.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from ..importer import SourceLoader
from . import places
from .compiling import CARRIED, CompiledModule, compile_statements
from .generation import OWN

if TYPE_CHECKING:
    from .document import ModuleSwap, SwapDocument
    from .generation import Generation


def compile_modules(document: SwapDocument, root: Path) -> dict[str, CompiledModule]:
    """The code to execute for each module of the document. Runs nothing. Raises SyntaxError."""
    compiled = {}
    for name, module in document.modules.items():
        path = root / module.path
        compiled[name] = compile_statements(path.read_bytes(), str(path), module)
    return compiled


class Builder:
    """Fills `new` with modules: fresh ones where the document says so, else those of `serving`."""

    def __init__(
        self,
        document: SwapDocument,
        compiled: Mapping[str, CompiledModule],
        serving: Generation,
        new: Generation,
    ) -> None:
        self._document = document
        self._compiled = compiled
        self._serving = serving
        self._new = new

    def build(self) -> ModuleType:
        """Makes every module and returns that of the Model class. Raises what their code raises."""
        self._new.make = self._make
        self._new.promised = frozenset(name.partition(".")[0] for name in self._serving.modules)
        entry = self._new.module(self._document.entry_module)
        for name in list(self._serving.modules):
            if name not in self._document.removed_modules:
                self._new.module(name)
        self._new.make, self._new.promised = None, frozenset()
        self._compiled = {}  # what it made has the code; an audit counts who else does
        return entry

    def carry(self) -> None:
        """Takes over once more what requests may have bound anew since `build`."""
        for name, module in self._document.modules.items():
            old = self._serving.modules.get(name)
            if old is not None and name in self._new.modules:
                _carry(module, old, self._new.modules[name])

    def _make(self, name: str) -> ModuleType | None:
        old = self._serving.modules.get(name)
        if old is None or name in self._document.removed_modules:
            return None  # as in a fresh start, its file is loaded when it is first imported
        if name in self._document.modules:
            return self._fresh(self._document.modules[name], old)
        return self._clone(name, old) if self._holds_fresh(name) else old

    def _fresh(self, swap: ModuleSwap, old: ModuleType) -> ModuleType:
        module = self._empty(swap, self._compiled[swap.name].source)
        with self._new.filling(swap.name, module):
            _carry(swap, old, module)
            module.__dict__[CARRIED] = _class_carry(swap, old)
            self._execute(self._compiled[swap.name], module)
            del module.__dict__[CARRIED]
        kept = {*swap.choice.carry, *swap.carry_from, *OWN}
        self._new.replaced[swap.name] = {*old.__dict__, *module.__dict__} - kept
        return module

    def _empty(self, swap: ModuleSwap, source: bytes) -> ModuleType:
        path = Path(self._new.root, swap.path)
        loader = SourceLoader(swap.name, str(path), self._new.number)
        loader.source = source
        folders = [str(path.parent)] if swap.is_package else None
        spec = spec_from_file_location(
            swap.name, path, loader=loader, submodule_search_locations=folders
        )
        assert spec is not None, "it has a loader"
        module = module_from_spec(spec)
        loader.mark(module)
        return module

    def _execute(self, compiled: CompiledModule, module: ModuleType) -> None:
        module.__doc__ = compiled.docstring
        for segment in compiled.segments:
            with visible(module) if segment.defines else contextlib.nullcontext():
                exec(segment.code, module.__dict__)

    def _clone(self, name: str, old: ModuleType) -> ModuleType:
        """A package as it was, for other submodules: `import a.b` finds `b` in the object `a`."""
        module = ModuleType(name)
        modules = self._serving.modules
        module.__dict__.update(
            (key, value)
            for key, value in list(old.__dict__.items())
            if value is not modules.get(f"{name}.{key}", old)
        )
        self._own_places(module)
        return module

    def _own_places(self, module: ModuleType) -> None:
        """Loader and specification of its own for a clone, since they say where the files are."""
        namespace = module.__dict__
        loader = namespace["__loader__"] = copy.copy(namespace.get("__loader__"))
        spec = namespace["__spec__"] = copy.copy(namespace.get("__spec__"))
        if spec is not None:
            spec.loader = loader
        if isinstance(loader, SourceLoader):
            loader.generation = self._new.number
            loader.mark(module)
        places.move_module(module, self._serving.root, self._new.root)

    def _holds_fresh(self, package: str) -> bool:
        return any(name.startswith(package + ".") for name in self._document.modules)


def _carry(swap: ModuleSwap, old: ModuleType, new: ModuleType) -> None:
    for name in swap.choice.carry:
        if name in old.__dict__:
            new.__dict__[name] = old.__dict__[name]
    for name, function in swap.carry_from.items():
        definition: Any = old.__dict__.get(function)
        namespace = getattr(inspect.unwrap(definition), "__globals__", old.__dict__)
        if name in namespace:
            new.__dict__[name] = namespace[name]


def _class_carry(swap: ModuleSwap, old: ModuleType) -> dict[str, dict[str, Any]]:
    """What each partly executed class takes over from the one of its name."""
    namespaces = {name: getattr(old.__dict__.get(name), "__dict__", {}) for name in swap.classes}
    return {
        name: {key: namespaces[name][key] for key in choice.carry if key in namespaces[name]}
        for name, choice in swap.classes.items()
    }


@contextlib.contextmanager
def visible(module: ModuleType) -> Iterator[None]:
    """Shows a module in `sys.modules` while it makes definitions: dataclasses and pydantic look
    there for the names in their annotations."""
    name = module.__name__
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        yield
    finally:
        if before is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = before
