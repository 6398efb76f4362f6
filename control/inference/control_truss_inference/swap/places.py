"""Where a version's files are, as modules, `sys.path` and the interpreter's caches say it."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, Sequence

_PLACES = ("__file__", "__cached__")


def is_below(place: object, root: str) -> bool:
    """Whether a path, as text, is `root` or lies below it."""
    return isinstance(place, str) and (place == root or place.startswith(root + os.sep))


def moved(place: str, old: str, new: str) -> str:
    """The same place in another version; unchanged if it lies elsewhere."""
    return new + place[len(old) :] if is_below(place, old) else place


def modules_below(root: str) -> dict[str, ModuleType]:
    """The modules of `sys.modules` whose files lie below `root`."""
    return Modules().below(root)


class Modules:
    """What `modules_below` finds, asked again and again: looks only at modules that are new."""

    def __init__(self) -> None:
        self._elsewhere: dict[str, Any] = {}

    def below(self, root: str) -> dict[str, ModuleType]:
        """See `modules_below`."""
        imported = sys.modules.copy()
        known = self._elsewhere
        found = {
            name: module
            for name, module in imported.items()
            if known.get(name) is not module
            and isinstance(module, ModuleType)
            and is_below(_place(module), root)
        }
        for name in found:  # an audit counts who holds the user's modules
            del imported[name]
        self._elsewhere = imported
        return found


def search_path(old: str, new: str) -> list[str]:
    """`sys.path` with the places of another version."""
    return [moved(entry, old, new) if isinstance(entry, str) else entry for entry in sys.path]


def move_module(module: ModuleType, old: str, new: str) -> None:
    """Says of a module that is taken over that its file is the one of the new version."""
    namespace = module.__dict__
    for name in _PLACES:
        if isinstance(namespace.get(name), str):
            namespace[name] = moved(namespace[name], old, new)
    path = namespace.get("__path__")
    if path is not None:
        namespace["__path__"] = [moved(entry, old, new) for entry in path]
    spec = namespace.get("__spec__")
    if spec is not None and isinstance(spec.origin, str):
        spec.origin = moved(spec.origin, old, new)
    if spec is not None and spec.submodule_search_locations is not None:
        spec.submodule_search_locations = namespace.get("__path__")
    loader: Any = namespace.get("__loader__")
    if isinstance(getattr(loader, "path", None), str):
        loader.path = moved(loader.path, old, new)


def move_working_directory(old: str, new: str) -> None:
    """Follows with the working directory, unless the model chose one elsewhere."""
    with contextlib.suppress(FileNotFoundError):  # one that the model removed
        current = str(Path.cwd())
        target = Path(moved(current, old, new))
        if str(target) != current and target.is_dir():
            os.chdir(target)


def roots_in_use(roots: Sequence[Path], files: Iterable[str]) -> tuple[Path, ...]:
    """Of the places of versions, newest first: the newest, the one that was loaded, and those in
    which code that lives says that it stands."""
    named = {root for root in roots if any(is_below(file, str(root)) for file in files)}
    return tuple(root for root in roots if root in named or root in (roots[0], roots[-1]))


def forget_finders(root: str) -> None:
    """Drops what the import system remembers of the directories below `root`."""
    for entry in [entry for entry in sys.path_importer_cache if is_below(entry, root)]:
        sys.path_importer_cache.pop(entry, None)


def _place(module: ModuleType) -> object:
    # Not by attribute: modules that load lazily would load now.
    namespace = module.__dict__
    place = namespace.get("__file__")
    if place is None:
        path: Sequence[Any] = ()
        with contextlib.suppress(KeyError):  # of a namespace whose parent is imported no more
            path = list(namespace.get("__path__") or ())
        place = path[0] if path else None
    return place
