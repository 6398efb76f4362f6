"""The versions of the user's code that are in use, and which of them an import means.

`sys.modules` has one module per name. While requests are in flight on an older version, or a newer
one is being made, there are several; which one an `import` statement means depends on the module
it stands in. So, only while more than one version is in use, `builtins.__import__` looks at the
loader of that module and asks the version it belongs to. Import statements outside the user's code
go on as ever.
"""

from __future__ import annotations

import builtins
import sys
import threading
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from ..importer import SourceLoader, sources
from . import places
from .generation import Generation

if TYPE_CHECKING:
    from types import ModuleType

    from ..release import Release


class Generations:
    """At first the version that was loaded. Begun and given up in any thread; the rest belongs to
    the event loop."""

    def __init__(self, release: Release) -> None:
        self._mutex = threading.Lock()
        self._plain_import = builtins.__import__
        self.serving = Generation(0, release, sys.path)
        self.serving.serves = True
        self._in_use = [self.serving]
        self._imported = places.Modules()
        # Per module, the version that last made a name anew.
        self._replaced: dict[str, dict[str, int]] = {}

    def begin(self, number: int, release: Release) -> Generation:
        """A new version without any modules yet; `serve` or `give_up` follows. `number` is larger
        than any before."""
        serving = self.serving
        path = places.search_path(serving.root, str(release.root))
        generation = Generation(number, release, path)
        with self._mutex:
            self._look_at_imports()
            sources.add(generation.root, generation.number)
            self._in_use.append(generation)
            self._choose_import()
        return generation

    def looked_at(self) -> Generation:
        """The version that serves, with every module that it has imported by now."""
        with self._mutex:
            self._look_at_imports()
        return self.serving

    def give_up(self, generation: Generation) -> None:
        """Forgets a version that never served."""
        self._end(generation)

    def serve(self, generation: Generation) -> None:
        """From now on imports outside the user's code, and new ones in it, mean `generation`.
        The one before is in use until `retire`."""
        old, self.serving = self.serving, generation
        old.serves, generation.serves = False, True
        for name, replaced in generation.replaced.items():
            numbers = dict.fromkeys(replaced, generation.number)
            self._replaced.setdefault(name, {}).update(numbers)
        for name in old.modules:
            if name not in generation.modules:
                sys.modules.pop(name, None)
        sys.modules.update(generation.modules)
        for name, module in generation.modules.items():
            if old.modules.get(name) is module:
                places.move_module(module, old.root, generation.root)
        sys.path[:] = places.search_path(old.root, generation.root)
        places.move_working_directory(old.root, generation.root)

    def retire(self, generation: Generation) -> None:
        """No request runs on `generation` any more."""
        self._end(generation)
        for loader in list(SourceLoader.living):
            self._forward(loader)

    def of(self, number: int) -> Generation:
        """The version that code of version `number` belongs to today: code that later versions
        have taken over goes with the oldest of them that is in use."""
        later = (each for each in list(self._in_use) if each.number >= number)
        return next(later, self.serving)

    def _end(self, generation: Generation) -> None:
        with self._mutex:
            self._in_use.remove(generation)
            self._choose_import()
        sources.remove(generation.root)
        places.forget_finders(generation.root)

    def _forward(self, loader: SourceLoader) -> None:
        """Brings a namespace that functions still live in up to date.

        What a version takes over keeps the namespace in which it was made. Left as it was, that
        would keep everything else of its version alive, and through it the version before. What
        was not made anew stays: such functions may have bound it to something newer themselves.
        """
        later = self.of(loader.generation)
        module = later.modules.get(loader.name)
        if module is None or module.__dict__ is loader.namespace:
            return
        for name, number in self._replaced.get(loader.name, {}).items():
            if loader.generation < number <= later.number:
                if name in module.__dict__:
                    loader.namespace[name] = module.__dict__[name]
                else:
                    loader.namespace.pop(name, None)

    # Imports

    def _look_at_imports(self) -> None:
        # While there are several versions, each notes by itself what it imports.
        if len(self._in_use) == 1:
            self.serving.modules = self._imported.below(self.serving.root)

    def _choose_import(self) -> None:
        if len(self._in_use) > 1 and builtins.__import__ != self._import:
            self._plain_import = builtins.__import__
            builtins.__import__ = self._import
        elif len(self._in_use) == 1 and builtins.__import__ == self._import:
            builtins.__import__ = self._plain_import

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names of `__import__`
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        loader = globals.get("__loader__") if globals is not None else None
        if type(loader) is SourceLoader and globals is not None:
            generation = self.of(loader.generation)
            absolute = _absolute(name, globals, level)
            if absolute and generation.owns(absolute):
                return generation.import_(absolute, fromlist)
        return self._plain_import(name, globals, locals, fromlist, level)


def _absolute(name: str, namespace: Mapping[str, Any], level: int) -> str:
    """The absolute name of an import; empty where only Python knows what is wrong with it."""
    if not level:
        return name
    package: str = namespace.get("__package__") or ""
    parts = package.split(".")
    if not package or level > len(parts):
        return ""
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base
