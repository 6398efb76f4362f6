"""Imports the user's code from the sources of a release, never from byte code.

Python keys its byte-code caches by the whole second of the modification time and the size: two
edits within a second, of the same length, and the old code runs for ever. Sources of a release are
therefore compiled each time, and nothing is written beside them. Installed packages keep their
caches: they do not change, and compiling them anew would cost seconds.
"""

from __future__ import annotations

import importlib
import os
import sys
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
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from types import CodeType, ModuleType

    from .release import Release


class SourceLoader(SourceFileLoader):
    """Compiles the source each time it is asked; neither reads nor writes `__pycache__`."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        try:
            code: CodeType = self.source_to_code(self.get_data(path), path)
        except SyntaxError as exc:
            exc.filename = exc.filename or path  # null bytes: Python names no file
            exc.lineno = exc.lineno or 1
            raise
        except ValueError as exc:  # null bytes, before Python 3.12
            raise SyntaxError(str(exc), (path, 1, 1, "")) from exc
        return code


def source_hook(root: str) -> Callable[[str], FileFinder]:
    """A `sys.path_hooks` entry that serves the directories under `root`."""
    details = (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (SourceLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    prefix = root + os.sep

    def hook(path: str) -> FileFinder:
        absolute = str(Path(path).absolute())
        if absolute != root and not absolute.startswith(prefix):
            raise ImportError("not part of the release", path=path)
        return FileFinder(path, *details)

    return hook


def install(release: Release) -> None:
    """Makes the release importable: its root first, its bundled packages last."""
    root = str(release.root)
    sys.path_hooks.insert(0, source_hook(root))
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
