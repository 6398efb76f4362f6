"""Runs the control plane on one port, from the first signal to the last process."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from control.plane.app import App
from control.plane.auth import Guard, read_token_digest
from control.plane.exceptions import UsageError
from control.plane.plane import ControlPlane
from control.plane.proxy.websocket import MESSAGE_LIMIT
from control.plane.supervisor.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from control.plane.settings import Settings

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
# uvicorn reports an answer that ends early as an error of the application. Here it is how a
# client learns that the model died while it was answering, so it is no news.
EXPECTED = "ASGI callable returned without completing response."


class Server(uvicorn.Server):
    """uvicorn without its signal handling: the order of ending is ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises:
        UsageError: the port is taken, or the token cannot be used.
        StateError: the state folder cannot be used.
    """
    guard = _guard(settings)
    listener = listen(settings.host, settings.port)
    with contextlib.closing(listener):
        plane = await ControlPlane.open(settings)
        try:
            await _serve(plane, guard, listener)
        finally:
            await plane.close()


async def _serve(plane: ControlPlane, guard: Guard, listener: socket.socket) -> None:
    app = App(plane, guard)
    # The model's interpreter boots meanwhile.
    await asyncio.to_thread(app.load_api)
    server = Server(_config(app, plane.settings))
    ended = asyncio.create_task(server.serve(sockets=[listener]))
    reaper = Reaper(lambda: plane.supervisor.pids)
    if os.getpid() == 1:
        reaper.start()
    with _signals(server, plane):
        while not server.started and not ended.done():
            await asyncio.sleep(0.001)
        await asyncio.to_thread(_write_ready, plane, listener)
        await ended


def _config(app: App, settings: Settings) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg != EXPECTED)
    return uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MESSAGE_LIMIT,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.drain_timeout)),
    )


def _guard(settings: Settings) -> Guard:
    digest = read_token_digest(settings.token_file) if settings.token_file else None
    names = list(settings.allowed_hosts)
    if settings.host not in ("0.0.0.0", "::"):
        names.append(f"[{settings.host}]" if ":" in settings.host else settings.host)
    return Guard.of(digest, names)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one.

    Raises:
        UsageError: the port is taken, or no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, every
    # answer on a kept-alive connection waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} on {host} is taken; give another with --port, or 0 for a free one."
            ) from error
        raise UsageError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    return listener


@contextlib.contextmanager
def _signals(server: Server, plane: ControlPlane) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def end() -> None:
        # Who follows the log would keep its connection open for ever.
        plane.log.end_followers()
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        yield
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
