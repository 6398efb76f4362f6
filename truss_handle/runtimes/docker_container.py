"""The container of an instance: how it is created, what is put into it, how it is found again.

Everything that talks to the engine blocks: callers run it in threads.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from typing import TYPE_CHECKING, Any

from truss_base.uv import network_settings
from truss_handle.exceptions import PortTaken, StartFailed
from truss_handle.runtimes.docker_engine import explanation
from truss_handle.runtimes.image import layout
from truss_handle.runtimes.image.archive import Archive
from truss_handle.runtimes.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker import DockerClient
    from docker.models.containers import Container

    from truss_handle.runtimes.base import Launch

ID_LABEL = "truss_id"
STOP_LIMIT = 10  # seconds between asking and killing
_TRIES = 5
_TAKEN = ("port is already allocated", "address already in use", "ports are not available")


def labels(launch: Launch, version: str) -> dict[str, str]:
    """Who a container or an image belongs to. Never what it runs: a patch changes that."""
    return {
        "truss": "true",
        "truss_dir": str(launch.truss_dir),
        ID_LABEL: launch.id,
        "truss_version": version,
    }


def settings(launch: Launch, image: str, port: int, *, gpus: bool, version: str) -> dict[str, Any]:
    """Arguments of the engine client's `containers.create`, as plain data."""
    arguments: dict[str, Any] = {
        "image": image,
        "name": launch.id,
        "labels": labels(launch, version),
        # Loopback only: predictions have no token, and the network has no business here.
        "ports": {f"{layout.PORT}/tcp": ("127.0.0.1", port)},
        # The first process has to reap orphans and pass signals on; ours is the second.
        "init": True,
        "detach": True,
        "extra_hosts": {"host.docker.internal": "host-gateway"},
    }
    if launch.control:
        arguments["command"] = ["--load-timeout", f"{launch.options.load_timeout:g}"]
    else:
        # A control plane applies them itself, so that a patch can change them.
        arguments["environment"] = dict(launch.config.environment_variables)
    if gpus:
        from docker.types import DeviceRequest

        arguments["device_requests"] = [DeviceRequest(count=-1, capabilities=[["gpu"]])]
    return arguments


def private_files(
    token: bytes | None, secrets: Mapping[str, bytes], network: Mapping[str, str] | None = None
) -> bytes:
    """A tar to unpack at the container's root: the token's digest, the secrets, and the settings
    of the network that installing for a patch needs; for root alone.

    The model runs as root in there too: the digest lets the control plane know the token, and
    the model not learn it.

    Put in as files: `docker inspect` shows environment and mounts, and a mount would need the
    files on the engine's machine.
    """
    stream = io.BytesIO()
    archive = Archive(stream)
    if token is not None:
        digest = hashlib.sha256(token.strip()).hexdigest()
        archive.add(layout.TOKEN.lstrip("/"), f"sha256:{digest}".encode(), mode=0o600)
    if network is not None:
        settings = json.dumps(dict(network)).encode()
        archive.add(layout.NETWORK.lstrip("/"), settings, mode=0o600)
    archive.add_folder(layout.SECRETS.lstrip("/"), mode=0o700)
    for name, value in sorted(secrets.items()):
        archive.add(f"{layout.SECRETS.lstrip('/')}/{name}", value, mode=0o600)
    archive.close()
    return stream.getvalue()


def put_private_files(container: Container, launch: Launch) -> None:
    """Hand the container its token and its secrets; it need not run."""
    token = launch.token_file.read_bytes() if launch.token_file else None
    secrets = {file.name: file.read_bytes() for file in launch.secrets_dir.iterdir()}
    network = network_settings(os.environ) if launch.control else None
    container.put_archive("/", private_files(token, secrets, network))


def run(
    client: DockerClient, launch: Launch, image: str, *, local: bool, gpus: bool, version: str
) -> Container:
    """Create and start the container. Leaves none behind when it raises.

    Raises PortTaken where the caller asked for a port, StartFailed for whatever else.
    """
    for _ in range(_TRIES):
        # Chosen here and not by the engine: the engine chooses anew whenever a container is
        # started again, and the address that everybody remembers would be wrong.
        port = launch.options.port or (free_port() if local else 0)
        wanted = settings(launch, image, port, gpus=gpus, version=version)
        container = client.containers.create(**wanted)
        if started(container, launch):
            return container
        if launch.options.port:
            raise PortTaken(
                f"port {port} of 127.0.0.1 is in use", hint="another --port, or none for a free one"
            )
    raise StartFailed(f"no free port was found in {_TRIES} tries", hint="try again")


def started(container: Container, launch: Launch) -> bool:
    """Start a container with this launch's token and secrets.

    False where its port is taken. Unless it is started, it is removed.
    """
    from docker.errors import APIError

    try:
        put_private_files(container, launch)
        container.start()
    except APIError as error:
        remove(container)
        if any(words in explanation(error) for words in _TAKEN):
            return False
        raise
    except BaseException:
        remove(container)
        raise
    return True


def remove(container: Container) -> None:
    """Stop it within STOP_LIMIT seconds and remove it with its anonymous volumes."""
    from docker.errors import APIError, NotFound

    try:
        container.stop(timeout=STOP_LIMIT)
        container.remove(v=True, force=True)
    except NotFound:
        return
    except APIError as error:
        # 409: another removal is under way.
        if error.status_code != 409:
            raise


def of_instance(client: DockerClient, instance: str) -> list[Container]:
    """Every container of the instance, running or not, the newest first."""
    found = client.containers.list(
        all=True, filters={"label": f"{ID_LABEL}={instance}"}, ignore_removed=True
    )
    return sorted(found, key=lambda it: str(it.attrs.get("Created")), reverse=True)


def published_port(container: Container) -> int:
    """The port of 127.0.0.1 on the engine's machine. Raises StartFailed where there is none."""
    container.reload()
    bindings = container.attrs["NetworkSettings"]["Ports"].get(f"{layout.PORT}/tcp")
    if not bindings:
        raise StartFailed("the container ended as it started: it has no port")
    return int(bindings[0]["HostPort"])


def last_words(container: Container, lines: int = 5) -> str:
    """The end of the container's output, as one line."""
    text = container.logs(tail=lines).decode("utf-8", "replace")
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(said) or "it left no message"
