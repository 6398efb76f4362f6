"""Imports the user's code from the sources of a release, never from byte code.

Python keys its byte-code caches by the whole second of the modification time and the size: two
edits within a second, of the same length, and the old code runs for ever. Sources of a release are
therefore compiled each time, and nothing is written beside them. Installed packages keep their
caches: they do not change, and compiling them anew would cost seconds.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
import weakref
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Iterator

if TYPE_CHECKING:
    from types import CodeType, ModuleType

    from .release import Release


class SourceLoader(SourceFileLoader):
    """Compiles the source each time it is asked; neither reads nor writes `__pycache__`.

    It also marks the module it loads: `generation` numbers the version of the Truss that made it
    (see `swap.generations`), `namespace` is the module's dictionary, which its functions keep
    alive longer than the module, `source` is what the code at `origin` was compiled from.
    """

    living: ClassVar[weakref.WeakSet[SourceLoader]] = weakref.WeakSet()

    def __init__(self, fullname: str, path: str, generation: int = 0) -> None:
        super().__init__(fullname, path)
        self.generation = generation
        self.namespace: dict[str, Any] = {}
        self.origin = path
        self.source = b""

    # The inherited comparison is by name and path; a mark is itself.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        with named_syntax_errors(path):
            code: CodeType = self.source_to_code(source, path)
        self.origin, self.source = path, source
        return code

    def exec_module(self, module: ModuleType) -> None:
        self.mark(module)
        super().exec_module(module)

    def mark(self, module: ModuleType) -> None:
        """Notes that `module` is the one that this loader fills."""
        self.namespace = module.__dict__
        self.living.add(self)


@contextlib.contextmanager
def named_syntax_errors(path: str) -> Iterator[None]:
    """Whatever Python finds wrong with a source becomes a SyntaxError with file and line."""
    try:
        yield
    except SyntaxError as exc:
        exc.filename = exc.filename or path  # null bytes: Python names no file
        exc.lineno = exc.lineno or 1
        raise
    except ValueError as exc:  # null bytes, before Python 3.12
        raise SyntaxError(str(exc), (path, 1, 1, "")) from exc


class SourceHook:
    """A `sys.path_hooks` entry that serves the directories below the roots it is given."""

    def __init__(self) -> None:
        self._generations: dict[str, int] = {}

    def add(self, root: str, generation: int) -> None:
        """From now on modules below `root` are marked with `generation`."""
        self._generations[root] = generation

    def remove(self, root: str) -> None:
        """Finds nothing below `root` any more."""
        self._generations.pop(root, None)

    def __call__(self, path: str) -> FileFinder:
        absolute = str(Path(path).absolute())
        for root, generation in list(self._generations.items()):
            if absolute == root or absolute.startswith(root + os.sep):
                return FileFinder(path, *_loaders(generation))
        raise ImportError("not part of the release", path=path)


def _loaders(generation: int) -> Any:
    return (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (functools.partial(SourceLoader, generation=generation), SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )


sources = SourceHook()  # one per process, as `sys.path_hooks` is


def install(release: Release) -> None:
    """Makes the release importable: its root first, its bundled packages last."""
    root = str(release.root)
    sources.add(root, 0)
    sys.path_hooks.insert(0, sources)
    sys.path.insert(0, root)
    sys.path.append(str(release.packages_dir))
    # Interpreters the user starts (multiprocessing, subprocess) have no such loader.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def import_model_module(release: Release) -> ModuleType:
    """Imports the file that holds the Model class, under its dotted name.

    Raises whatever the user's code raises, ImportError and SyntaxError included.
    """
    parts = release.model_module.split(".")
    directory = release.root
    for depth, part in enumerate(parts[:-1], start=1):
        directory = directory / part
        if not (directory / "__init__.py").exists():
            _add_package(".".join(parts[:depth]), directory)
    return importlib.import_module(release.model_module)


def _add_package(name: str, directory: Path) -> None:
    """A package without `__init__.py` would lose against an installed one of the same name."""
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [str(directory)]
    module = module_from_spec(spec)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
