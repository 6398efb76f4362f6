"""Which packages a release imports before it does anything else: what a spare may import ahead.

Read from the code, in the order of execution, up to the first statement that might have an effect
on what follows: after `os.environ["HF_HOME"] = ...` an import finds another world than before.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from control.plane.supervisor.import_outline import OUTLINES, Import, Outline, outline

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

INITIAL = "__init__.py"


@dataclass(frozen=True, slots=True)
class Preloads:
    """`modules` as the inference process's `preload` takes them; `own_names`: every top-level name
    that the release itself may answer an import with."""

    modules: tuple[str, ...] = ()
    own_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sources:
    """A release's files, and where its model and its bundled packages are."""

    paths: Collection[str]
    read: Callable[[str], bytes]
    model_file: str
    model_class: str
    packages_dir: str


def preloads(sources: Sources) -> Preloads:
    """What a release imports for certain, first of all, and from outside itself."""
    OUTLINES.begin()
    own = frozenset(_own_names(sources))
    walk = _Walk(sources, own)
    walk.model()
    return Preloads(tuple(walk.found), own)


def _own_names(sources: Sources) -> set[str]:
    bundled = sources.packages_dir + "/"
    names = {path.removeprefix(bundled) for path in sources.paths}
    return {name.partition("/")[0].partition(".")[0] for name in {*names, *sources.paths}} - {""}


@dataclass(slots=True)
class _Walk:
    """Follows the release's own modules into each other, as the interpreter would."""

    sources: Sources
    own_names: frozenset[str]
    found: dict[str, None] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def model(self) -> bool:
        """Follows the model file, then `__init__` and `load`."""
        *folders, _ = self.sources.model_file.split("/")
        for depth in range(1, len(folders) + 1):
            if not self._file("/".join([*folders[:depth], INITIAL])):
                return False
        return self._file(self.sources.model_file, self.sources.model_class)

    def _file(self, path: str, class_name: str | None = None) -> bool:
        """Whether execution is known to get to the end of the file `path`, if there is one."""
        if path in self._seen or path not in self.sources.paths:
            return True
        self._seen.add(path)
        try:
            read: Outline = outline(self.sources.read(path), class_name)
        except (OSError, SyntaxError, ValueError):
            return False
        folder = path.rpartition("/")[0]
        return all(self._statement(one, folder) for one in read.imports) and read.is_complete

    def _statement(self, statement: Import, folder: str) -> bool:
        if statement.level:
            parents = folder.split("/")
            base = "/".join(parents[: len(parents) - statement.level + 1])
            return self._own(base, statement)
        if statement.module.partition(".")[0] not in self.own_names:
            self.found[str(statement)] = None
            return True
        return self._own("", statement) and self._own(self.sources.packages_dir, statement)

    def _own(self, base: str, statement: Import) -> bool:
        """Follows a module of the release below the folder `base`."""
        parts = statement.module.split(".") if statement.module else []
        folder = base
        for part in parts:
            folder = f"{folder}/{part}" if folder else part
            if not (self._file(f"{folder}.py") and self._file(f"{folder}/{INITIAL}")):
                return False
        return all(
            self._file(f"{folder}/{name}.py") and self._file(f"{folder}/{name}/{INITIAL}")
            for name in statement.names
        )
