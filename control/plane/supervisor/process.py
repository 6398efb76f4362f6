"""One inference process: its start, its control channel, its end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import time
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import LoadFailed, PreloadFailed
from control.plane.proxy.backend import Backend
from control.plane.supervisor.errors import ended_error, timeout_error
from control.plane.supervisor.swaps import Swaps
from control.plane.supervisor.termination import end_descendants, kill_group

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from control.plane.releases.release import Release
    from control.plane.supervisor.environment import ProcessEnvironment
    from control.plane.supervisor.launch import Launch

# A traceback through deep recursion is long, and has to arrive whole.
LINE_LIMIT = 8 * 1024 * 1024
BOOT_SECONDS = 60.0
CHILDREN_SECONDS = 5.0
STOP_SECONDS = 5.0
LAST_WORD_SECONDS = 1.0
REPORT_SECONDS = 2.0
Event = dict[str, Any]


class InferenceProcess:
    """Made by `start`; dead for good once `exited` is done."""

    _numbers = itertools.count(1)

    def __init__(self, launch: Launch, environment: ProcessEnvironment) -> None:
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        self._launch = launch
        self._socket = launch.sockets / f"{number}.sock"
        self._booted: asyncio.Future[None] = loop.create_future()
        self._preloaded: asyncio.Future[Event] = loop.create_future()
        self._loaded: asyncio.Future[Event] = loop.create_future()
        self._drained = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.environment = environment
        self.backend = Backend(str(self._socket))
        self.exited: asyncio.Future[int] = loop.create_future()
        self.preloading: str = ""
        self.release_id: str | None = None
        self.load_seconds: float | None = None
        self.ready_at: float | None = None
        self.on_predict_error: Callable[[InferenceProcess, Event], None] | None = None
        self.swaps = Swaps(self._send)

    @classmethod
    async def start(cls, launch: Launch, environment: ProcessEnvironment) -> InferenceProcess:
        """Starts the interpreter and returns at once; `load` waits until it has booted."""
        self = cls(launch, environment)
        ours, theirs = socket.socketpair()
        read_end, write_end = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *launch.command(environment.python, self._socket, theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                pass_fds=[theirs.fileno()],
                cwd=launch.sockets,
                env=dict(environment.variables),
                # Its own session: the whole group can be ended, and a Ctrl-C is ours alone.
                start_new_session=True,
            )
        except OSError:
            ours.close()
            os.close(read_end)
            raise
        finally:
            theirs.close()
            os.close(write_end)
        launch.log.pump(read_end)
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=LINE_LIMIT)
        listening = self._run(self._listen(reader))
        self._run(self._watch(self._process, self._writer, listening))
        return self

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None, "made by `start`"
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return not self.exited.done()

    @property
    def has_booted(self) -> bool:
        """Whether it waits for a release, or has got one."""
        return self._booted.done() and self.is_alive

    async def boot(self) -> None:
        """Waits until the interpreter has imported what serving needs.

        Raises:
            LoadFailed: it ended, or took too long.
        """
        try:
            await asyncio.wait_for(asyncio.shield(self._booted), BOOT_SECONDS)
        except asyncio.TimeoutError:
            raise LoadFailed(timeout_error("boot", BOOT_SECONDS)) from None

    async def preload(self, modules: Sequence[str], limit: float) -> frozenset[str]:
        """Imports packages ahead of a release; gives the top-level names that were asked for.

        Raises:
            PreloadFailed: an import failed, hung, ended the process, or would be noticed.
            LoadFailed: the process did not even boot.
        """
        await self.boot()
        self._send({"op": "preload", "modules": list(modules)})
        try:
            event = await asyncio.wait_for(asyncio.shield(self._preloaded), limit)
        except asyncio.TimeoutError:
            raise PreloadFailed(self.preloading, f"it took longer than {limit:g} s") from None
        if event["problem"] is not None:
            raise PreloadFailed(self.preloading, event["problem"])
        return frozenset(event["names"])

    async def load(self, release: Release, limit: float) -> None:
        """Loads a release; the process serves it afterwards.

        Raises:
            LoadFailed: with what the user has to know.
        """
        await self.boot()
        self.release_id = release.id
        self._send(
            {
                "op": "load",
                "release_dir": str(release.tree),
                "config_file": str(release.config_file),
                "secrets_dir": str(self._launch.secrets_dir) if self._launch.secrets_dir else None,
                "timeout": limit,
            }
        )
        try:
            # The process gives up by itself, naming the line it hangs at; unless even that hangs.
            event = await asyncio.wait_for(asyncio.shield(self._loaded), limit + REPORT_SECONDS)
        except asyncio.TimeoutError:
            raise LoadFailed(timeout_error("load", limit)) from None
        self.load_seconds = event.get("load_seconds")
        self.ready_at = time.monotonic()

    async def drain(self, limit: float) -> None:
        """Lets what is in flight finish, up to `limit` seconds, then ends the process."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._quiet(), limit)
        await self.stop()

    async def stop(self) -> None:
        """Ends the process: children first, then itself, then whatever resists."""
        self.backend.retire()
        if self.is_alive:
            await self._end_children()
            self._send({"op": "stop"})
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(self.exited), STOP_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """Ends the process and its group now."""
        self.backend.retire()
        await asyncio.to_thread(kill_group, self.pid)
        await asyncio.shield(self.exited)

    async def _quiet(self) -> None:
        # Counted here, request by request; the process itself is only asked once nothing more
        # can reach it, so that its drain never refuses a request that chose it in time.
        await self.backend.quiet()
        # Before the process: it asks its children when it ends, and to be asked twice means to many
        # an engine that it is to drop everything.
        await self._end_children()
        self._send({"op": "drain", "timeout": STOP_SECONDS})
        await self._drained.wait()

    async def _end_children(self) -> None:
        await asyncio.to_thread(end_descendants, self.pid, CHILDREN_SECONDS)

    def _send(self, operation: Event) -> None:
        if self.is_alive and self._writer is not None:
            self._writer.write(json.dumps(operation).encode() + b"\n")

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                self._handle(json.loads(line))

    def _handle(self, event: Event) -> None:
        kind = event.get("event")
        if kind == "booted":
            _settle(self._booted, None)
        elif kind == "preloading":
            self.preloading = event["module"]
        elif kind == "preloaded":
            _settle(self._preloaded, event)
        elif kind == "ready":
            _settle(self._loaded, event)
        elif kind == "load_failed":
            _fail(self._loaded, LoadFailed(event["error"]))
        elif kind == "drained":
            self._drained.set()
        elif kind == "predict_error" and self.on_predict_error is not None:
            self.on_predict_error(self, event["error"])
        else:
            self.swaps.handle(event)

    async def _watch(
        self,
        process: asyncio.subprocess.Process,
        writer: asyncio.StreamWriter,
        listening: asyncio.Task[None],
    ) -> None:
        code = await process.wait()
        # Of a group whose leader is gone, nothing is left to serve anybody; and a forked child
        # would keep the channel open, where the leader's last word may still be waiting.
        await asyncio.to_thread(kill_group, self.pid)
        await asyncio.wait({listening}, timeout=LAST_WORD_SECONDS)
        self.exited.set_result(code)
        self.backend.retire()
        self._drained.set()
        writer.close()
        self._socket.unlink(missing_ok=True)
        _fail(self._booted, LoadFailed(ended_error("boot", code)))
        _fail(self._preloaded, PreloadFailed(self.preloading, "it ended the process"))
        _fail(self._loaded, LoadFailed(ended_error("load", code)))
        self.swaps.end()


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        # Marks it as seen: nobody may be waiting for this process any more.
        future.exception()
