"""The docker runtime: an image built from the Truss, one container on the loopback interface."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from truss_base.hash import truss_hash
from truss_handle.client import ServerClient
from truss_handle.exceptions import HandleError, ServerUnavailable, StartFailed
from truss_handle.http.exchange import exchange
from truss_handle.http.messages import Request
from truss_handle.registry import Registry
from truss_handle.runtimes import docker_calls
from truss_handle.runtimes.docker_logs import container_lines
from truss_handle.runtimes.interrupt import Interrupt
from truss_handle.runtimes.ports import LOOPBACK, require_free
from truss_handle.values import ProgressEvent, Running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from truss_handle.runtimes.base import Launch
    from truss_handle.settings import Settings
    from truss_handle.values import Progress

_ANSWER_LIMIT = 60.0  # seconds until a started container must answer HTTP
_POLL = 0.05
_SILENCE = 5.0  # seconds, after which it is asked again

Answer = TypeVar("Answer")


class DockerRuntime:
    """Containers of whichever engine the docker command would talk to."""

    name = "docker"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def prepare(self, launch: Launch, progress: Progress) -> None:
        """See `Runtime.prepare`: the image; the build in `start` then finds every layer."""
        await asyncio.to_thread(self._require_port, launch)
        await _built(launch, self._log(launch), progress)

    async def start(self, launch: Launch, progress: Progress) -> Running:
        """See `Runtime.start`. Raises DockerUnavailable, ImageFailed, StartFailed, PortTaken."""
        try:
            resumed = await self._resumed(launch, progress)
            return resumed or await self._started(launch, progress)
        except BaseException:
            await asyncio.shield(_in_thread(partial(docker_calls.remove_all, launch.id)))
            raise

    async def stop(self, running: Running) -> None:
        """See `Runtime.stop`."""
        await _in_thread(partial(docker_calls.remove_all, running.id))

    async def renew_secrets(self, running: Running, values: Mapping[str, str]) -> None:
        """See `Runtime.renew_secrets`. Raises DockerUnavailable."""
        container = str(running.details.get("container"))
        await _in_thread(partial(docker_calls.renew_secrets, container, values))

    async def is_alive(self, running: Running) -> bool:
        """See `Runtime.is_alive`. Raises DockerUnavailable: silence proves nothing."""
        return await _in_thread(
            partial(docker_calls.is_running, str(running.details.get("container")))
        )

    def plain_logs(self, running: Running, *, follow: bool, tail: int) -> AsyncIterator[str]:
        """See `Runtime.plain_logs`."""
        return container_lines(str(running.details.get("container")), follow=follow, tail=tail)

    async def _resumed(self, launch: Launch, progress: Progress) -> Running | None:
        """The instance's stopped container, started again, if it holds what is on disk now.

        It keeps its patches over `docker stop`, a restart of the engine and of the machine.
        Whatever else was left of the instance is removed.
        """
        container = await _in_thread(partial(docker_calls.restart_container, launch))
        if container is None:
            return None
        progress(ProgressEvent("start", "starting the stopped container again"))
        try:
            running = await self._answering(launch, container, progress)
            local = await asyncio.to_thread(truss_hash, launch.truss_dir)
            if await ServerClient(running).truss_hash() == local:
                return running
        except HandleError as error:
            progress(ProgressEvent("start", f"the stopped container does not serve: {error}"))
        await _in_thread(partial(docker_calls.remove_all, launch.id))
        return None

    async def _started(self, launch: Launch, progress: Progress) -> Running:
        await asyncio.to_thread(self._require_port, launch)
        image, content_hash = await _built(launch, self._log(launch), progress)
        progress(ProgressEvent("start", "starting the container"))
        container, warning = await _in_thread(partial(docker_calls.run_container, launch, image))
        if warning:
            progress(ProgressEvent("start", warning))
        running = await self._answering(launch, container, progress, hash=content_hash)
        await _in_thread(partial(docker_calls.prune_images, launch.id))
        return running

    def _log(self, launch: Launch) -> Path:
        return self._settings.cache / "builds" / f"{launch.id}.log"

    def _require_port(self, launch: Launch) -> None:
        """Raises PortTaken before the build rather than after it."""
        # On another machine's engine the port here belongs to the tunnel to it.
        port = launch.options.port
        if port is not None and not docker_calls.remote_engine():
            require_free(port, Registry(self._settings).all(), own=launch.id)

    async def _answering(
        self, launch: Launch, container: str, progress: Progress, **more: str
    ) -> Running:
        """The record of a container, once it answers HTTP."""
        port, remote = await _in_thread(partial(docker_calls.address, container))
        limit = launch.options.load_timeout if remote else _ANSWER_LIMIT
        if remote:
            # Publishing it beyond loopback there would open it to that machine's network.
            tunnel = f"ssh -N -L {port}:{LOOPBACK}:{port} {remote}"
            progress(
                ProgressEvent("start", f"the engine is on {remote}: forward the port, {tunnel}")
            )
        url = f"http://{LOOPBACK}:{port}"
        await _until_answering(launch, container, url, limit)
        return Running(
            id=launch.id,
            truss_dir=launch.truss_dir,
            runtime=self.name,
            url=url,
            token_file=launch.token_file,
            started_at=time.time(),
            control=launch.control,
            details={"container": container, **more},
        )


async def _built(launch: Launch, log: Path, progress: Progress) -> tuple[str, str]:
    """(id of the image, hash of the Truss in it)."""
    loop = asyncio.get_running_loop()
    interrupt = Interrupt()

    def report(event: ProgressEvent) -> None:
        loop.call_soon_threadsafe(progress, event)

    return await _in_thread(
        partial(docker_calls.build_image, launch, log, report, interrupt), interrupt
    )


async def _until_answering(launch: Launch, container: str, url: str, limit: float) -> None:
    deadline = time.monotonic() + limit
    while not await _answers(url):
        if not await _in_thread(partial(docker_calls.is_running, container)):
            words = await _in_thread(partial(docker_calls.last_words, container))
            raise StartFailed(
                f"the container of {launch.truss_dir} ended before it answered: {words}"
            )
        if time.monotonic() > deadline:
            raise StartFailed(
                f"the container of {launch.truss_dir} did not answer within {limit:g} s",
                hint=f"docker logs {launch.id}",
            )
        await asyncio.sleep(_POLL)


async def _answers(url: str) -> bool:
    try:
        async with exchange(url, Request("GET", "/"), _SILENCE) as response:
            await response.read()
    except ServerUnavailable:
        # Also while Docker's own proxy has the port and nobody listens behind it yet.
        return False
    return True


async def _in_thread(call: Callable[[], Answer], interrupt: Interrupt | None = None) -> Answer:
    """Run a blocking call in a thread. Cancellation waits for its end: what it does must not go on
    behind the back of whoever cleans up."""
    task = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if interrupt is not None:
            interrupt.trigger()
        await asyncio.gather(task, return_exceptions=True)
        raise
