"""Serves models with the existing implementation's server, each in a fresh process that can reload.

Run by the Python of a throw-away environment, not by ours: `host.py LIBRARY TOOL`. LIBRARY holds
the server's templates; TOOL reloads: `truss` is its own hot reload, `autoreload` and `jurigged`
take its place in the same server. For each line `{"folder", "socket"}` on stdin a process is forked
that serves the Truss in `folder` on the Unix socket; its number is printed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODEL = "model/model.py"
Reload = Callable[[], None]


def main() -> None:
    """Imports what every process needs, then forks one per line."""
    library, tool = sys.argv[1:]
    sys.path[0] = library  # instead of this file's folder
    truss_server: Any = importlib.import_module("truss_server")
    watch = {"truss": _nothing, "autoreload": _autoreload, "jurigged": _jurigged}[tool]
    importlib.import_module("uvicorn.protocols.http.h11_impl")
    if tool == "autoreload":
        importlib.import_module("IPython.extensions.autoreload")
    if tool == "jurigged":
        importlib.import_module("jurigged")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _serve(truss_server, watch, **request)
        print(child, flush=True)


def _serve(truss_server: Any, watch: Callable[[Path], Reload | None], **request: str) -> None:
    """Serves until it is killed, as the `main.py` and `TrussServer.start` of the server do."""
    folder = Path(request["folder"])
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _redirect(folder.with_suffix(".log"))
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.path.append(str(folder / "packages"))
    server = truss_server.TrussServer(0, "config.yaml")
    reload = watch(folder)
    if reload is not None:
        _exchange(server._model, reload)
    uvicorn: Any = importlib.import_module("uvicorn")
    options = {"uds": request["socket"], "http": "h11", "loop": "uvloop", "log_config": None}
    server._server = uvicorn.Server(uvicorn.Config(server.create_application(), **options))
    with contextlib.suppress(BaseException):
        server._server.run()
    os._exit(1)


def _redirect(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _exchange(wrapper: Any, reload: Reload) -> None:
    """Puts another tool in the place of the server's hot reload; it reads the methods anew too."""
    descriptor = importlib.import_module("model_wrapper").ModelDescriptor

    def hot_reload(self: Any) -> None:
        reload()
        self._maybe_model_descriptor = descriptor.from_model(self._model)

    wrapper.hot_reload = types.MethodType(hot_reload, wrapper)


def _nothing(_: Path) -> None:
    return None


def _autoreload(_: Path) -> Reload:
    autoreload: Any = importlib.import_module("IPython.extensions.autoreload")
    importlib.import_module("model")  # the server registers model.model without its package
    reloader = autoreload.ModuleReloader()
    reloader.enabled = True

    def reload() -> None:
        before = dict(reloader.failed)
        reloader.check(check_all=True)
        if failed := reloader.failed.keys() - before.keys():
            raise RuntimeError(f"autoreload failed for {sorted(failed)}")

    return reload


def _jurigged(folder: Path) -> Reload:
    register: Any = importlib.import_module("jurigged.register")
    importlib.import_module("model")
    registry = register.registry
    registry.auto_register(filter=lambda path: path.startswith(str(folder)))
    # The server loads this file past the import system that jurigged watches.
    registry.prepare("model.model", str(folder / MODEL))

    def reload() -> None:
        for path in sorted({*registry.precache, *registry.cache}):
            file = registry.get(path)
            if file is not None and Path(path).exists():
                file.refresh()

    return reload


if __name__ == "__main__":
    main()
