"""What the docker runtime asks of the engine: one blocking call each, to be run in threads."""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle.exceptions import ImageFailed
from truss_handle.runtimes import docker_build, docker_container
from truss_handle.runtimes.docker_engine import engine
from truss_handle.runtimes.image.context import write_context
from truss_handle.runtimes.image.recipe import make_recipe
from truss_handle.runtimes.image.requirements import read_requirements
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_handle.runtimes.base import Launch
    from truss_handle.runtimes.interrupt import Interrupt
    from truss_handle.values import Progress

CA_BUNDLE_VARIABLE = "CONTROL_TRUSS_CA_BUNDLE"

_NOT_DOWNLOADED = ("model_cache", "weights")
_KEPT_IMAGES = 2  # of one Truss: the current one and the one before
_NO_GPU = (
    "accelerator {}: this engine has no nvidia runtime, so the container runs without a GPU"
    " (install the NVIDIA Container Toolkit)"
)


def build_image(
    launch: Launch, log: Path, progress: Progress, interrupt: Interrupt
) -> tuple[str, str]:
    ca_bundle = _ca_bundle(launch)
    requirements = read_requirements(launch.truss_dir, launch.config)
    recipe = make_recipe(
        launch.config, requirements, launch.options, os.environ, ca_bundle=ca_bundle is not None
    )
    progress(ProgressEvent("image", f"building an image on {recipe.base_image}"))
    # A control plane fetches external data itself, before the model is loaded.
    for key in _NOT_DOWNLOADED if recipe.control else ("external_data", *_NOT_DOWNLOADED):
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
            interrupt=interrupt,
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


def run_container(launch: Launch, image: str) -> tuple[str, str]:
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


def restart_container(launch: Launch) -> str | None:
    """Start the instance's stopped container, if it may be; remove every other leftover."""
    with engine() as (client, _):
        for container in docker_container.of_instance(client, launch.id):
            resumable = _may_resume(launch, container.status, container.labels)
            if resumable and docker_container.started(container, launch):
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


def renew_secrets(container: str, values: Mapping[str, str]) -> None:
    """Put these secrets into a container, over those of the same names."""
    encoded = {name: value.encode() for name, value in values.items()}
    with engine() as (client, _):
        archive = docker_container.private_files(None, encoded)
        client.containers.get(container).put_archive("/", archive)


def remove_all(instance: str) -> None:
    """End and remove every container of the instance."""
    with engine() as (client, _):
        for container in docker_container.of_instance(client, instance):
            docker_container.remove(container)


def prune_images(instance: str) -> None:
    """Remove what rebuilds of the instance have left behind."""
    with engine() as (client, _):
        docker_build.prune(client, f"{docker_container.ID_LABEL}={instance}", keep=_KEPT_IMAGES)


def is_running(container: str) -> bool:
    """False for a container that has ended, and for one that is gone."""
    from docker.errors import NotFound

    with engine() as (client, _):
        try:
            return bool(client.containers.get(container).status == "running")
        except NotFound:
            return False


def remote_engine() -> str | None:
    """The machine that the engine runs on, unless it is this one."""
    with engine() as (_, endpoint):
        return endpoint.remote


def address(container: str) -> tuple[int, str | None]:
    """(published port, the engine's machine unless it is this one)."""
    with engine() as (client, endpoint):
        return docker_container.published_port(client.containers.get(container)), endpoint.remote


def last_words(container: str) -> str:
    """The end of its output, as one line."""
    with engine() as (client, _):
        return docker_container.last_words(client.containers.get(container))


def _version() -> str:
    return installed_version("control-truss")
