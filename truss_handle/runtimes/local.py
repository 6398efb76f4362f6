"""The embedded runtime: control plane and model as processes on this machine, no engine needed."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle import processes
from truss_handle.bundle import Bundle, ensure_bundle
from truss_handle.environments import Specification, ensure_environment
from truss_handle.exceptions import HandleError, PortTaken, StartFailed
from truss_handle.files import read_json, write_atomic
from truss_handle.interpreters import current, interpreter_for
from truss_handle.leftovers import note_process
from truss_handle.model_secrets import without_secrets
from truss_handle.plain_failures import load_failure
from truss_handle.problems import load_failed
from truss_handle.processes import ProcessName
from truss_handle.registry import Registry
from truss_handle.runtimes.output import last_words, lines_of, tail_of
from truss_handle.runtimes.ports import LOOPBACK, free_port, require_free
from truss_handle.runtimes.staging import stage
from truss_handle.values import ProgressEvent, Running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from truss_handle.interpreters import Interpreter
    from truss_handle.runtimes.base import Launch
    from truss_handle.settings import Settings
    from truss_handle.values import Progress

_ANSWER_LIMIT = 60.0  # seconds until a server that was started must answer HTTP
_POLL = 0.02
_END_LIMIT = 15.0  # seconds between SIGTERM and SIGKILL
_DRAIN_LIMIT = 10.0  # seconds for requests in flight; must fit into the above

# The model's interpreter must see our package behind everything of the user's.
_BOOT = (
    "import sys; sys.path.append({folder!r});"
    " from control_truss_inference.__main__ import main; main()"
)


class LocalRuntime:
    """Processes in sessions of their own, in environments from the cache."""

    name = "local"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def start(self, launch: Launch, progress: Progress) -> Running:
        """See `Runtime.start`."""
        options = launch.options
        if options.port is not None:
            await asyncio.to_thread(require_free, options.port, Registry(self._settings).all())
        interpreter = await interpreter_for(
            launch.config.python_version, chosen=options.python, any_python=options.any_python
        )
        bundle = await asyncio.to_thread(ensure_bundle, self._settings.bundles)
        if launch.control:
            return await self._start_control(launch, bundle, interpreter, progress)
        return await self._start_plain(launch, bundle, interpreter, progress)

    async def stop(self, running: Running) -> None:
        """See `Runtime.stop`."""
        process = ProcessName.from_details(running.details)
        if process is not None:
            await processes.end(process, limit=_END_LIMIT)

    async def is_alive(self, running: Running) -> bool:
        """See `Runtime.is_alive`."""
        return _is_alive(running)

    def plain_logs(self, running: Running, *, follow: bool, tail: int) -> AsyncIterator[str]:
        """See `Runtime.plain_logs`."""
        log = Path(str(running.details.get("log", "")))
        return lines_of(log, tail=tail, follow=follow, alive=lambda: _is_alive(running))

    async def _start_control(
        self, launch: Launch, bundle: Bundle, interpreter: Interpreter, progress: Progress
    ) -> Running:
        control_python, model_python = await asyncio.gather(
            self._control_environment(bundle, progress),
            self._model_environment(launch, bundle, interpreter, progress),
        )
        progress(ProgressEvent("start", "starting the control plane"))
        ready = launch.directory / "ready.json"
        process = await asyncio.to_thread(
            processes.spawn,
            [control_python, "-m", "control.plane", *_control_arguments(launch, model_python)],
            cwd=bundle.root,  # what `-m` puts on the path; the model's process never sees it
            env=_server_environment(),
            log=_log(launch),
        )

        async def answering() -> str | None:
            found = read_json(ready)
            return f"http://{LOOPBACK}:{found['port']}" if found else None

        url = await _until_answering(process, launch, answering)
        return _record(launch, process, url, interpreter)

    async def _start_plain(
        self, launch: Launch, bundle: Bundle, interpreter: Interpreter, progress: Progress
    ) -> Running:
        python = await self._model_environment(launch, bundle, interpreter, progress)
        progress(ProgressEvent("start", "starting the model server"))
        release = launch.directory / "release"
        signature = await asyncio.to_thread(stage, launch.truss_dir, release)
        config_file = launch.directory / "config.json"
        write_atomic(config_file, json.dumps(launch.config.to_dict(verbose=True)))
        port = launch.options.port or free_port()
        url = f"http://{LOOPBACK}:{port}"
        arguments = ["--plain", "--host", LOOPBACK, "--port", str(port)]
        arguments += ["--release-dir", str(release), "--config-file", str(config_file)]
        if launch.secrets_dir is not None:
            arguments += ["--secrets-dir", str(launch.secrets_dir)]
        process = await asyncio.to_thread(
            processes.spawn,
            [python, "-c", _BOOT.format(folder=str(bundle.inference_dir)), *arguments],
            cwd=release,
            env={**_server_environment(), **launch.config.environment_variables},
            log=_log(launch),
        )

        async def answering() -> str | None:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                return None
            writer.close()
            return url

        await _until_answering(process, launch, answering)
        return _record(launch, process, url, interpreter, hash=signature.hash)

    async def _control_environment(self, bundle: Bundle, progress: Progress) -> Path:
        specification = Specification("control", current(), (bundle.control_requirements,))
        return await ensure_environment(self._settings.environments, specification, progress)

    async def _model_environment(
        self, launch: Launch, bundle: Bundle, interpreter: Interpreter, progress: Progress
    ) -> Path:
        config = launch.config
        files = [bundle.inference_requirements]
        if config.requirements_file:
            files.append(launch.truss_dir / config.requirements_file)
        specification = Specification(
            "model", interpreter, tuple(files), tuple(config.requirements), launch.truss_dir
        )
        return await ensure_environment(self._settings.environments, specification, progress)


def _control_arguments(launch: Launch, model_python: Path) -> list[str]:
    arguments: dict[str, object] = {
        "--state": launch.directory / "state",
        "--truss": launch.truss_dir,
        "--inference-python": model_python,
        "--host": LOOPBACK,
        "--port": launch.options.port or 0,
        "--token-file": launch.token_file,
        "--ready-file": launch.directory / "ready.json",
        "--secrets-dir": launch.secrets_dir,
        "--load-timeout": launch.options.load_timeout,
        "--drain-timeout": _DRAIN_LIMIT,
    }
    given = [(name, str(value)) for name, value in arguments.items() if value is not None]
    return [word for pair in given for word in pair]


def _server_environment() -> dict[str, str]:
    ours = without_secrets(os.environ)
    # Settings of the interpreter we run in mean something else to the server's.
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV"):
        ours.pop(name, None)
    return ours


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
