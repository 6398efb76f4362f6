"""Runs the control plane on one port, from the first signal to the last process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from control.plane.auth import Guard, read_token_digest
from control.plane.plane import ControlPlane
from control.plane.proxy.front import Front
from control.plane.proxy.gate import Gate
from control.plane.proxy.listener import listen, raise_descriptor_limit
from control.plane.proxy.route import Route
from control.plane.supervisor.reaper import Reaper

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from control.plane.proxy.local_backend import LocalBackend
    from control.plane.settings import Settings

# Patches are analysed in threads of this process. Whenever the event loop has asked the kernel for
# something, it waits this long for the interpreter: at Python's 5 ms, eight clients in a closed
# loop get a third of the answers that they get at half a millisecond.
SWITCH_SECONDS = 0.0005
# FastAPI is imported while the model's interpreter boots; requests for it wait that long.
API_SECONDS = 60.0


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises:
        UsageError: the port is taken, or the token cannot be used.
        StateError: the state folder cannot be used.
    """
    guard = _guard(settings)
    raise_descriptor_limit()
    sys.setswitchinterval(SWITCH_SECONDS)
    listener = listen(settings.host, settings.port)
    with contextlib.closing(listener):
        plane = await ControlPlane.open(settings)
        try:
            await _serve(plane, guard, listener)
        finally:
            await plane.close()


async def _serve(plane: ControlPlane, guard: Guard, listener: socket.socket) -> None:
    gate = Gate(API_SECONDS)
    front = Front(plane.route, Route(gate, lambda _backend: None))
    if os.getpid() == 1:
        Reaper().start()
    with _signals(plane) as ended, plane.log.holding(logging.getLogger("control.plane")):
        await front.open(listener)
        api = await asyncio.to_thread(_control_backend, plane, guard)
        gate.open(api)
        # What is imported stays: no collection has to look through it while requests wait.
        gc.freeze()
        await asyncio.to_thread(_write_ready, plane, listener)
        await ended.wait()
        await front.close(plane.settings.drain_timeout)
        await api.close()


def _control_backend(plane: ControlPlane, guard: Guard) -> LocalBackend:
    from control.plane.app import App
    from control.plane.proxy.local_backend import LocalBackend

    return LocalBackend(App(plane, guard))


def _guard(settings: Settings) -> Guard:
    digest = read_token_digest(settings.token_file) if settings.token_file else None
    names = list(settings.allowed_hosts)
    if settings.host not in ("0.0.0.0", "::"):
        names.append(f"[{settings.host}]" if ":" in settings.host else settings.host)
    return Guard.of(digest, names)


@contextlib.contextmanager
def _signals(plane: ControlPlane) -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def end() -> None:
        # Who follows the log or the events would keep its connection open for ever.
        plane.log.end_followers()
        plane.changes.end()
        # Who waits for a load would wait for as long as requests are let drain.
        plane.patcher.refuse_all()
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        yield ended
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _write_ready(plane: ControlPlane, listener: socket.socket) -> None:
    """Tells whoever started us where we are; complete or not there at all."""
    path = plane.settings.ready_file
    if path is None:
        return
    port = listener.getsockname()[1]
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(json.dumps({"port": port, "pid": os.getpid(), "hash": plane.store.live.hash}))
    new.replace(path)
