"""Imports the user's packages ahead of any release, in a process that waits for one.

The release that comes must not be able to tell: an import that fails, looks at the working
directory, starts a thread or touches the accelerator is reported as unsuitable, and the control
plane then uses another process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import threading
import time
from types import FrameType
from typing import Any, Callable, Iterator, Sequence

Send = Callable[..., None]


def preload(modules: Sequence[str], send: Send) -> None:
    """Imports in a thread, as `load` does. `modules`: `package.module`, or `module:name,name` for
    `from module import name, name`.

    Sends `preloading` before each, and at the end `preloaded` with `problem` (None: all went well)
    and `names`: every top-level module that was imported or looked for in vain.
    """
    threading.Thread(target=_run, args=[modules, send], name="preload", daemon=True).start()


def _run(modules: Sequence[str], send: Send) -> None:
    began = time.perf_counter()
    witness = Witness()
    with witness.watching():
        for module in modules:
            send("preloading", module=module)
            problem = _problem(module, witness)
            if problem is not None:
                send("preloaded", module=module, problem=problem, names=[])
                return
    gc.collect()
    gc.freeze()  # what was imported lives as long as the process
    seconds = round(time.perf_counter() - began, 6)
    send("preloaded", problem=None, names=sorted(witness.names()), seconds=seconds)


def _problem(module: str, witness: Witness) -> str | None:
    try:
        _import(module)
    except BaseException as exc:  # sys.exit in a package too: the release will hear of it itself
        return f"{type(exc).__name__}: {exc}"
    return witness.objection()


def _import(module: str) -> None:
    name, _, attributes = module.partition(":")
    found = importlib.import_module(name)
    for attribute in filter(None, attributes.split(",")):
        # As the statement does it: an attribute, which may be imported lazily, else a submodule.
        if not hasattr(found, attribute):
            importlib.import_module(f"{name}.{attribute}")


class Witness:
    """Sees what an import does beyond defining things."""

    def __init__(self) -> None:
        self._modules = set(sys.modules)
        self._threads = set(threading.enumerate())
        self._getcwd = os.getcwd  # without our note
        self._directory = self._getcwd()
        self._missed: set[str] = set()
        self._asked_directory = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """The last finder of all: whatever arrives here is not installed."""
        self._missed.add(name)

    def names(self) -> set[str]:
        """The top-level modules that were imported or looked for."""
        names = self._missed | (set(sys.modules) - self._modules)
        return {name.partition(".")[0] for name in names}

    def objection(self) -> str | None:
        """Why what was imported so far does not suit another release."""
        if self._asked_directory or self._getcwd() != self._directory:
            return "it depends on the working directory"
        if set(threading.enumerate()) - self._threads:
            return "it starts a thread"
        cuda = getattr(sys.modules.get("torch"), "cuda", None)
        if cuda is not None and cuda.is_initialized():
            return "it uses the accelerator"
        return None

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Notes lookups of modules and of the working directory."""
        sys.meta_path.append(self)
        originals = {name: getattr(os, name) for name in ("getcwd", "getcwdb")}
        for name, original in originals.items():
            setattr(os, name, self._noting(original))
        try:
            yield
        finally:
            for name, original in originals.items():
                setattr(os, name, original)
            sys.meta_path.remove(self)

    def _noting(self, original: Callable[[], Any]) -> Callable[[], Any]:
        def current_directory() -> Any:
            self._asked_directory |= not _looks_for_source(sys._getframe(1))
            return original()

        return current_directory


def _looks_for_source(frame: FrameType | None) -> bool:
    """Whether it is `inspect` that makes a path absolute: it keeps nothing of it."""
    while frame is not None and frame.f_globals.get("__name__") in ("posixpath", "ntpath"):
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == "inspect"
