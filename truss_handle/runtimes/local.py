"""The embedded runtime: control plane and model as processes on this machine, no engine needed."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle import processes
from truss_handle.bundle import ensure_bundle
from truss_handle.environments import Specification, ensure_environment
from truss_handle.exceptions import HandleError, PortTaken, StartFailed
from truss_handle.files import read_json, write_atomic
from truss_handle.interpreters import current, interpreter_for
from truss_handle.leftovers import note_process
from truss_handle.plain_failures import load_failure
from truss_handle.problems import load_failed
from truss_handle.processes import ProcessName
from truss_handle.registry import Registry
from truss_handle.runtimes.local_commands import (
    DRAIN_LIMIT,
    Ready,
    control_command,
    plain_command,
    server_environment,
)
from truss_handle.runtimes.output import last_words, lines_of, tail_of
from truss_handle.runtimes.ports import LOOPBACK, free_port, require_free
from truss_handle.runtimes.staging import stage
from truss_handle.values import ProgressEvent, Running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from truss_handle.interpreters import Interpreter
    from truss_handle.runtimes.base import Launch
    from truss_handle.settings import Settings
    from truss_handle.values import Progress

_ANSWER_LIMIT = 60.0  # seconds until a server that was started must answer HTTP
_POLL = 0.02
_END_LIMIT = DRAIN_LIMIT + 5.0  # seconds between SIGTERM and SIGKILL


class LocalRuntime:
    """Processes in sessions of their own, in environments from the cache."""

    name = "local"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def prepare(self, launch: Launch, progress: Progress) -> None:
        """See `Runtime.prepare`."""
        await asyncio.to_thread(self._require_port, launch)
        await self._ready(launch, progress)

    async def start(self, launch: Launch, progress: Progress) -> Running:
        """See `Runtime.start`."""
        await asyncio.to_thread(self._require_port, launch)
        ready = await self._ready(launch, progress)
        if launch.control:
            return await _start_control(launch, ready, progress)
        return await _start_plain(launch, ready, progress)

    async def stop(self, running: Running) -> None:
        """See `Runtime.stop`."""
        process = ProcessName.from_details(running.details)
        if process is not None:
            await processes.end(process, limit=_END_LIMIT)

    async def renew_secrets(self, running: Running, values: Mapping[str, str]) -> None:
        """See `Runtime.renew_secrets`: the processes read the instance's folder."""

    async def is_alive(self, running: Running) -> bool:
        """See `Runtime.is_alive`."""
        return _is_alive(running)

    def plain_logs(self, running: Running, *, follow: bool, tail: int) -> AsyncIterator[str]:
        """See `Runtime.plain_logs`."""
        log = Path(str(running.details.get("log", "")))
        return lines_of(log, tail=tail, follow=follow, alive=lambda: _is_alive(running))

    def _require_port(self, launch: Launch) -> None:
        if (port := launch.options.port) is not None:
            require_free(port, Registry(self._settings).all(), own=launch.id)

    async def _ready(self, launch: Launch, progress: Progress) -> Ready:
        """Everything that stays in the cache, built where it is missing."""
        options, config = launch.options, launch.config
        interpreter = await interpreter_for(
            config.python_version, chosen=options.python, any_python=options.any_python
        )
        bundle = await asyncio.to_thread(ensure_bundle, self._settings.bundles)
        files = [bundle.inference_requirements]
        if config.requirements_file:
            files.append(launch.truss_dir / config.requirements_file)
        model = Specification(
            "model", interpreter, tuple(files), tuple(config.requirements), launch.truss_dir
        )
        control = Specification("control", current(), (bundle.control_requirements,))
        root = self._settings.environments
        wanted = [model, control] if launch.control else [model]
        pythons = await asyncio.gather(
            *(ensure_environment(root, specification, progress) for specification in wanted)
        )
        return Ready(bundle, interpreter, pythons[0], pythons[-1])


async def _start_control(launch: Launch, ready: Ready, progress: Progress) -> Running:
    progress(ProgressEvent("start", "starting the control plane"))
    ready_file = launch.directory / "ready.json"
    process = await asyncio.to_thread(
        processes.spawn,
        control_command(launch, ready, ready_file),
        cwd=ready.bundle.root,  # what `-m` puts on the path; the model's process never sees it
        env=server_environment(os.environ),
        log=_log(launch),
    )

    async def answering() -> str | None:
        found = read_json(ready_file)
        return f"http://{LOOPBACK}:{found['port']}" if found else None

    url = await _until_answering(process, launch, answering)
    return _record(launch, process, url, ready.interpreter)


async def _start_plain(launch: Launch, ready: Ready, progress: Progress) -> Running:
    progress(ProgressEvent("start", "starting the model server"))
    release = launch.directory / "release"
    signature = await asyncio.to_thread(stage, launch.truss_dir, release)
    config_file = launch.directory / "config.json"
    write_atomic(config_file, json.dumps(launch.config.to_dict(verbose=True)))
    port = launch.options.port or free_port()
    process = await asyncio.to_thread(
        processes.spawn,
        plain_command(launch, ready, port, release, config_file),
        cwd=release,
        env={**server_environment(os.environ), **launch.config.environment_variables},
        log=_log(launch),
    )

    async def answering() -> str | None:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            return None
        writer.close()
        return f"http://{LOOPBACK}:{port}"

    url = await _until_answering(process, launch, answering)
    return _record(launch, process, url, ready.interpreter, hash=signature.hash)


def _log(launch: Launch) -> Path:
    return launch.directory / "server.log"


def _record(
    launch: Launch, process: ProcessName, url: str, interpreter: Interpreter, **more: str
) -> Running:
    details = {
        **process.to_details(),
        "log": str(_log(launch)),
        "python": interpreter.short,
        **more,
    }
    return Running(
        id=launch.id,
        truss_dir=launch.truss_dir,
        runtime=LocalRuntime.name,
        url=url,
        token_file=launch.token_file,
        started_at=time.time(),
        control=launch.control,
        details=details,
    )


def _is_alive(running: Running) -> bool:
    process = ProcessName.from_details(running.details)
    return process is not None and processes.is_alive(process)


async def _until_answering(
    process: ProcessName, launch: Launch, answering: Callable[[], Awaitable[str | None]]
) -> str:
    """Wait for the server's address; whatever else happens, the process is ended again."""
    deadline = time.monotonic() + _ANSWER_LIMIT
    note_process(launch.directory, process)
    try:
        while True:
            # In this order: a server that answered and ended at once did answer.
            alive = processes.is_alive(process)
            if url := await answering():
                return url
            if not alive:
                raise _ended(launch)
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"the server of {launch.truss_dir} did not answer within {_ANSWER_LIMIT:g} s",
                    hint="the machine may be overloaded; try again",
                )
            await asyncio.sleep(_POLL)
    except BaseException:
        await asyncio.shield(processes.end(process, limit=1.0))
        raise


def _ended(launch: Launch) -> HandleError:
    if not launch.control and (error := load_failure(tail_of(_log(launch), 500))):
        return load_failed(error)  # so fast that nobody could ask it anything
    words = last_words(_log(launch))
    if launch.options.port is not None and "address already in use" in words.lower():
        return PortTaken(
            f"port {launch.options.port} was taken by another program meanwhile",
            hint="choose another --port, or none",
        )
    return StartFailed(f"the server of {launch.truss_dir} ended before it answered: {words}")
