"""Ports of this machine's loopback interface."""

from __future__ import annotations

import errno
import socket
import time
from typing import TYPE_CHECKING

from truss_handle.exceptions import PortTaken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from truss_handle.values import Running

LOOPBACK = "127.0.0.1"
_LEAVING = 0.5  # seconds: a killed process counts as gone before its last thread has closed


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def becomes_free(port: int) -> bool:
    """Whether a server can have the port, which another may be leaving just now. Blocks briefly."""
    deadline = time.monotonic() + _LEAVING
    while True:
        try:
            _try(port)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def require_free(port: int, instances: Iterable[Running], *, own: str | None = None) -> None:
    """Raises PortTaken, naming the Truss of ours that has the port, or how to find who does.

    The port of the instance `own` is free: it is about to be replaced.
    """
    known = list(instances)
    if any(running.id == own and running.url.endswith(f":{port}") for running in known):
        return
    try:
        _try(port)
    except OSError as error:
        raise _taken(port, error, known) from error


def _try(port: int) -> None:
    with socket.socket() as probe:
        # As servers do: the remains of closed connections do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))


def _taken(port: int, error: OSError, instances: Iterable[Running]) -> PortTaken:
    if error.errno != errno.EADDRINUSE:
        return PortTaken(
            f"port {port} cannot be used: {error.strerror}", hint="choose another --port"
        )
    for running in instances:
        if running.url.endswith(f":{port}"):
            return PortTaken(
                f"port {port} is taken by the Truss {running.truss_dir}",
                hint=f"stop it with `control-truss down {running.truss_dir}`,"
                " or choose another --port",
            )
    return PortTaken(
        f"port {port} is taken by another program",
        hint=f"`ss -ltnp 'sport = :{port}'` names it; choose another --port, or none",
    )
