"""A connection to the engine. Everything here blocks: callers run it in threads."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truss_handle.exceptions import DockerUnavailable, StartFailed
from truss_handle.runtimes.docker_endpoint import Endpoint, find_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker.types import CancellableStream

ANSWER_LIMIT = 60.0  # seconds for one call to the engine; builds and logs have no limit


@contextmanager
def engine(limit: float | None = ANSWER_LIMIT) -> Iterator[tuple[DockerClient, Endpoint]]:
    """A client for as long as the block runs. Raises DockerUnavailable, and StartFailed for calls
    that the engine refuses."""
    endpoint = find_endpoint(os.environ, Path.home())
    # Imported here: it takes 0.2 s, which starting on the local runtime need not wait for.
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        _probe(endpoint)
        client = _connect(endpoint, limit)
    except (DockerException, RequestException, OSError) as error:
        raise _unavailable(endpoint, error) from error
    try:
        yield client, endpoint
    except DockerException as error:
        raise StartFailed(f"Docker refused: {explanation(error)}") from error
    except RequestException as error:
        raise _unavailable(endpoint, error) from error
    finally:
        client.close()


def explanation(error: Exception) -> str:
    """The engine's own words, without the request around them."""
    words = getattr(error, "explanation", None)
    return str(words or error)


def end_stream(stream: CancellableStream[Any]) -> None:
    """End a stream that another thread reads, also while it waits for the engine."""
    # At its end already, it has no socket left to shut down.
    with suppress(OSError, AttributeError):
        stream.close()


def _probe(endpoint: Endpoint) -> None:
    """Raises the plain reason (missing, refused, forbidden), which the client would wrap twice."""
    if endpoint.socket is not None:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(endpoint.socket)


def _connect(endpoint: Endpoint, limit: float | None) -> DockerClient:
    from docker import DockerClient
    from docker.tls import TLSConfig

    tls: TLSConfig | bool = False
    if endpoint.tls is not None:
        folder = endpoint.tls
        tls = TLSConfig(
            client_cert=(str(folder / "cert.pem"), str(folder / "key.pem")),
            ca_cert=str(folder / "ca.pem"),
            verify=endpoint.verify,
        )
    settings: dict[str, Any] = {
        "base_url": endpoint.host,
        "tls": tls,
        "timeout": limit,
        # The ssh command knows the user's keys, agents and ~/.ssh/config; a library does not.
        "use_ssh_client": True,
    }
    return DockerClient(**settings)


def _unavailable(endpoint: Endpoint, error: Exception) -> DockerUnavailable:
    hint = "start Docker, or use --runtime local"
    if "paramiko" in str(error):
        hint = "pip install 'docker[ssh]', or forward the engine's socket with ssh -L"
    if isinstance(error, PermissionError):
        hint = "add yourself to the group docker (sudo usermod -aG docker $USER) and log in again"
    said = (isinstance(error, OSError) and error.strerror) or error
    return DockerUnavailable(f"no Docker engine answers at {endpoint}: {said}", hint=hint)
