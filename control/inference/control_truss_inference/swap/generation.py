"""One version of the user's code in this process, with modules of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import threading
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Callable, Iterator, Sequence

if TYPE_CHECKING:
    from ..release import Release

# What a namespace says of itself, and not of the code in it.
OWN = frozenset({"__builtins__", "__loader__", "__spec__"})
# Makes a module of a version in the making; None for one that is to be loaded from its file.
Maker = Callable[[str], "ModuleType | None"]


class Generation:
    """Its files, its modules by name, and a number that only grows.

    `path` is `sys.path` with the places of this version. Only the modules of the version that
    `serves` are those in `sys.modules`.
    """

    def __init__(self, number: int, release: Release, path: Sequence[str]) -> None:
        self.number = number
        self.release = release
        self.root = str(release.root)
        self.modules: dict[str, ModuleType] = {}
        self.replaced: dict[str, set[str]] = {}  # names that this version made anew, by module
        self.serves = False
        self.make: Maker | None = None
        self.promised: frozenset[str] = frozenset()  # top-level names that `make` can make
        self._path = list(path)
        self._lock = threading.RLock()

    def owns(self, name: str) -> bool:
        """Whether the module is the user's, loaded already or not."""
        top = name.partition(".")[0]
        if top in self.modules or top in self.promised:
            return True
        return top not in sys.modules and self._find(top, self._path) is not None

    def import_(self, name: str, fromlist: Sequence[str] | None) -> ModuleType:
        """What `__import__` returns for an absolute name. Raises what the module's code raises."""
        module = self.module(name)
        if not fromlist:
            return self.modules[name.partition(".")[0]]
        for child in _wanted(module, fromlist):
            self._import_child(module, name, child)
        return module

    def module(self, name: str) -> ModuleType:
        """The module, which is made or loaded if need be. Raises what its code raises."""
        with self._lock:
            if name not in self.modules:
                parent, _, child = name.rpartition(".")
                path = self._path_of(parent) if parent else self._path
                if name not in self.modules:  # its parent may have imported it
                    self._add(name, path)
                if parent:
                    self.modules[parent].__dict__.setdefault(child, self.modules[name])
            return self.modules[name]

    @contextlib.contextmanager
    def filling(self, name: str, module: ModuleType) -> Iterator[None]:
        """Enters a module before its code runs, since modules may import each other in a circle,
        and takes it out again if that fails."""
        self._enter(name, module)
        try:
            yield
        except BaseException:
            del self.modules[name]
            if self.serves:
                sys.modules.pop(name, None)
            raise

    def _enter(self, name: str, module: ModuleType) -> None:
        self.modules[name] = module
        if self.serves:
            sys.modules[name] = module

    def _path_of(self, package: str) -> Sequence[str]:
        path: Sequence[str] | None = self.module(package).__dict__.get("__path__")
        if path is None:
            raise ModuleNotFoundError(f"{package!r} is not a package", name=package)
        return path

    def _add(self, name: str, path: Sequence[str]) -> None:
        made = self.make(name) if self.make is not None else None
        if made is not None:
            self._enter(name, made)
            return
        spec = self._find(name, path)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        module = importlib.util.module_from_spec(spec)
        with self.filling(name, module):
            if spec.loader is not None:  # none: a directory without `__init__.py`
                spec.loader.exec_module(module)

    def _find(self, name: str, path: Sequence[str]) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return None
        places = [spec.origin] if spec.has_location else spec.submodule_search_locations
        below = self.root + os.sep
        return spec if places and str(next(iter(places))).startswith(below) else None

    def _import_child(self, package: ModuleType, name: str, child: str) -> None:
        if "__path__" not in package.__dict__ or hasattr(package, child):
            return
        try:
            self.module(f"{name}.{child}")
        except ModuleNotFoundError as exc:
            if exc.name != f"{name}.{child}":
                raise


def _wanted(module: ModuleType, fromlist: Sequence[str]) -> Iterator[str]:
    for name in fromlist:
        if name == "*":
            yield from module.__dict__.get("__all__", ())
        else:
            yield name
