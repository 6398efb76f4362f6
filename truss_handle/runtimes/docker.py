"""The docker runtime: an image built from the Truss, one container on the loopback interface."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx

from truss_base.hash import truss_hash
from truss_handle.client import ServerClient
from truss_handle.exceptions import HandleError, ImageFailed, StartFailed
from truss_handle.registry import Registry
from truss_handle.runtimes import docker_build, docker_container
from truss_handle.runtimes.docker_engine import engine
from truss_handle.runtimes.docker_logs import container_lines
from truss_handle.runtimes.image.context import write_context
from truss_handle.runtimes.image.recipe import make_recipe
from truss_handle.runtimes.image.requirements import read_requirements
from truss_handle.runtimes.ports import LOOPBACK, require_free
from truss_handle.values import ProgressEvent, Running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from truss_handle.runtimes.base import Launch
    from truss_handle.settings import Settings
    from truss_handle.values import Progress

CA_BUNDLE_VARIABLE = "CONTROL_TRUSS_CA_BUNDLE"

_NOT_DOWNLOADED = ("external_data", "model_cache", "weights")
_ANSWER_LIMIT = 60.0  # seconds until a started container must answer HTTP
_POLL = 0.05
_KEPT_IMAGES = 2  # of one Truss: the current one and the one before

Answer = TypeVar("Answer")


class DockerRuntime:
    """Containers of whichever engine the docker command would talk to."""

    name = "docker"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def start(self, launch: Launch, progress: Progress) -> Running:
        """See `Runtime.start`. Raises DockerUnavailable, ImageFailed, StartFailed, PortTaken."""
        try:
            resumed = await self._resumed(launch, progress)
            return resumed or await self._started(launch, progress)
        except BaseException:
            await asyncio.shield(_in_thread(partial(_remove_all, launch.id)))
            raise

    async def stop(self, running: Running) -> None:
        """See `Runtime.stop`."""
        await _in_thread(partial(_remove_all, running.id))

    async def is_alive(self, running: Running) -> bool:
        """See `Runtime.is_alive`. Raises DockerUnavailable: silence proves nothing."""
        return await _in_thread(partial(_is_running, str(running.details.get("container"))))

    def plain_logs(self, running: Running, *, follow: bool, tail: int) -> AsyncIterator[str]:
        """See `Runtime.plain_logs`."""
        return container_lines(str(running.details.get("container")), follow=follow, tail=tail)

    async def _resumed(self, launch: Launch, progress: Progress) -> Running | None:
        """The instance's stopped container, started again, if it holds what is on disk now.

        It keeps its patches over `docker stop`, a restart of the engine and of the machine.
        Whatever else was left of the instance is removed.
        """
        container = await _in_thread(partial(_restarted, launch))
        if container is None:
            return None
        progress(ProgressEvent("start", "starting the stopped container again"))
        try:
            running = await self._answering(launch, container, progress)
            async with ServerClient(running) as client:
                if await client.truss_hash() == await asyncio.to_thread(
                    truss_hash, launch.truss_dir
                ):
                    return running
        except HandleError as error:
            progress(ProgressEvent("start", f"the stopped container does not serve: {error}"))
        await _in_thread(partial(_remove_all, launch.id))
        return None

    async def _started(self, launch: Launch, progress: Progress) -> Running:
        if launch.options.port is not None:
            others = Registry(self._settings).all()
            await asyncio.to_thread(require_free, launch.options.port, others)
        log = self._settings.cache / "builds" / f"{launch.id}.log"
        image, content_hash = await _built(launch, log, progress)
        progress(ProgressEvent("start", "starting the container"))
        container, warning = await _in_thread(partial(_run, launch, image))
        if warning:
            progress(ProgressEvent("start", warning))
        running = await self._answering(launch, container, progress, hash=content_hash)
        await _in_thread(partial(_prune, launch.id))
        return running

    async def _answering(
        self, launch: Launch, container: str, progress: Progress, **more: str
    ) -> Running:
        """The record of a container, once it answers HTTP."""
        port, remote = await _in_thread(partial(_address, container))
        limit = launch.options.load_timeout if remote else _ANSWER_LIMIT
        if remote:
            # Publishing it beyond loopback there would open it to that machine's network.
            tunnel = f"ssh -N -L {port}:{LOOPBACK}:{port} {remote.rpartition('@')[2]}"
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
    cancelled = threading.Event()
    loop = asyncio.get_running_loop()

    def report(event: ProgressEvent) -> None:
        loop.call_soon_threadsafe(progress, event)

    try:
        return await _in_thread(partial(_build, launch, log, report, cancelled.is_set), cancelled)
    finally:
        # What the thread has reported reaches the listener before anything that comes after it.
        await asyncio.sleep(0)


def _build(
    launch: Launch, log: Path, progress: Progress, cancelled: Callable[[], bool]
) -> tuple[str, str]:
    ca_bundle = _ca_bundle(launch)
    requirements = read_requirements(launch.truss_dir, launch.config)
    recipe = make_recipe(
        launch.config, requirements, launch.options, os.environ, ca_bundle=ca_bundle is not None
    )
    progress(ProgressEvent("image", f"building an image on {recipe.base_image}"))
    for key in _NOT_DOWNLOADED:
        if getattr(launch.config, key):
            progress(ProgressEvent("image", f"{key}: this version downloads nothing into an image"))
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as context, engine(None) as (client, _):
        content_hash = write_context(
            context, recipe, launch.truss_dir, launch.config, requirements, ca_bundle
        )
        context.seek(0)
        image = docker_build.build(
            client,
            context,
            tag=f"control-truss/{launch.id}",
            labels=docker_container.labels(launch, _version()),
            environ=os.environ,
            log=log,
            progress=progress,
            cancelled=cancelled,
        )
    return image, content_hash


def _ca_bundle(launch: Launch) -> Path | None:
    named = launch.options.ca_bundle or os.environ.get(CA_BUNDLE_VARIABLE)
    if not named:
        return None
    path = Path(named).expanduser()
    if not path.is_file():
        raise ImageFailed(
            f"the CA bundle {path} is no file",
            hint=f"--ca-bundle or {CA_BUNDLE_VARIABLE} names a file of PEM certificates",
        )
    return path


def _run(launch: Launch, image: str) -> tuple[str, str]:
    """(id of the started container, a warning or nothing)."""
    with engine() as (client, endpoint):
        gpus, warning = False, ""
        if launch.config.accelerator:
            gpus = "nvidia" in client.info().get("Runtimes", {})
            warning = "" if gpus else _NO_GPU.format(launch.config.accelerator)
        container = docker_container.run(
            client,
            launch,
            image,
            local=endpoint.remote is None,
            gpus=gpus,
            version=_version(),
        )
        return str(container.id), warning


_NO_GPU = (
    "accelerator {}: this engine has no nvidia runtime, so the container runs without a GPU"
    " (install the NVIDIA Container Toolkit)"
)


def _restarted(launch: Launch) -> str | None:
    """Start the instance's stopped container, if it may be; remove every other leftover."""
    with engine() as (client, _):
        for container in docker_container.of_instance(client, launch.id):
            if _may_resume(launch, container.status, container.labels):
                docker_container.put_private_files(container, launch)
                container.start()
                return str(container.id)
            docker_container.remove(container)
    return None


def _may_resume(launch: Launch, status: str, labels: dict[str, str]) -> bool:
    """Only a control plane of this very version can say what it holds."""
    return (
        launch.control
        and launch.options.port is None
        and launch.options.base_image is None
        and status == "exited"
        and labels.get("truss_version") == _version()
    )


def _remove_all(instance: str) -> None:
    with engine() as (client, _):
        for container in docker_container.of_instance(client, instance):
            docker_container.remove(container)


def _prune(instance: str) -> None:
    with engine() as (client, _):
        docker_build.prune(client, f"{docker_container.ID_LABEL}={instance}", keep=_KEPT_IMAGES)


def _is_running(container: str) -> bool:
    from docker.errors import NotFound

    with engine() as (client, _):
        try:
            return bool(client.containers.get(container).status == "running")
        except NotFound:
            return False


def _address(container: str) -> tuple[int, str | None]:
    """(published port, the engine's machine unless it is this one)."""
    with engine() as (client, endpoint):
        return docker_container.published_port(client.containers.get(container)), endpoint.remote


def _last_words(container: str) -> str:
    with engine() as (client, _):
        return docker_container.last_words(client.containers.get(container))


async def _until_answering(launch: Launch, container: str, url: str, limit: float) -> None:
    deadline = time.monotonic() + limit
    async with httpx.AsyncClient(trust_env=False) as client:
        while not await _answers(client, url):
            if not await _in_thread(partial(_is_running, container)):
                words = await _in_thread(partial(_last_words, container)) or "it said nothing"
                raise StartFailed(
                    f"the container of {launch.truss_dir} ended before it answered: {words}"
                )
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"the container of {launch.truss_dir} did not answer within {limit:g} s",
                    hint=f"docker logs {launch.id}",
                )
            await asyncio.sleep(_POLL)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        await client.get(f"{url}/")
    except httpx.TransportError:
        # Also while Docker's own proxy has the port and nobody listens behind it yet.
        return False
    return True


async def _in_thread(
    call: Callable[[], Answer], cancelled: threading.Event | None = None
) -> Answer:
    """Run a blocking call in a thread. Cancellation waits for it: what it does must not go on
    behind the back of whoever cleans up."""
    task = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if cancelled is not None:
            cancelled.set()
        await asyncio.wait([task])
        raise


def _version() -> str:
    return installed_version("control-truss")
