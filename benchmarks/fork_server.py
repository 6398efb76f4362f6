"""A fork server as it would be built, to compare the warm spare with: imports, then forks.

Run by `bench_spare` in the user's interpreter: `fork_server.py PACKAGE_ROOT [module ...]`. Each
line on the channel given as standard input carries one descriptor; its child serves on it.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
import threading

SERVING = (
    "control_truss_inference.managed",
    "uvicorn.protocols.http.auto",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
)


def main() -> None:
    root, *modules = sys.argv[1:]
    sys.path.append(root)
    channel = socket.socket(fileno=0)
    for module in (*SERVING, *modules):
        importlib.import_module(module)
    if threading.active_count() > 1:
        sys.exit("an import started a thread: forking would be unsafe")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    channel.sendall(b"booted\n")
    while True:
        path, descriptors, _, _ = socket.recv_fds(channel, 4096, 1)
        if not path:
            return
        if os.fork() == 0:
            channel.close()
            _serve(path.decode(), descriptors[0])
        os.close(descriptors[0])


def _serve(path: str, control: int) -> None:
    from control_truss_inference.__main__ import main as serve

    sys.argv = ["-c", "--socket", path, "--control-fd", str(control)]
    os.set_inheritable(control, True)
    serve()


if __name__ == "__main__":
    main()
