"""Which engine the docker command would talk to, found the way it finds it.

The engine's Python client knows DOCKER_HOST but no contexts, which Docker Desktop, Colima, OrbStack
and remote set-ups rely on. https://docs.docker.com/engine/manage-resources/contexts/
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from truss_handle.exceptions import DockerUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_SOCKET = "/var/run/docker.sock"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine listens. `host` None: its usual place on this machine.

    `tls` is a folder with ca.pem, cert.pem and key.pem, or None. `origin` says for people where
    this was found.
    """

    host: str | None = None
    tls: Path | None = None
    verify: bool = True
    origin: str = "the default socket"

    @property
    def remote(self) -> str | None:
        """The machine it runs on as ssh takes it, when that is not this one."""
        parts = urlsplit(self.host or "")
        if parts.scheme not in ("tcp", "http", "https", "ssh") or parts.hostname in _LOOPBACK:
            return None
        return f"{parts.username}@{parts.hostname}" if parts.username else parts.hostname

    @property
    def socket(self) -> str | None:
        """The path of its Unix socket, when that is how it is reached."""
        if self.host is None:
            return None if os.name == "nt" else _DEFAULT_SOCKET
        return self.host.removeprefix("unix://") if self.host.startswith("unix://") else None

    def __str__(self) -> str:
        return f"{self.host or self.socket} ({self.origin})"


def find_endpoint(environ: Mapping[str, str], home: Path) -> Endpoint:
    """DOCKER_HOST, else the context that DOCKER_CONTEXT or the docker command's config names.

    Raises DockerUnavailable for a context that does not exist or cannot be read.
    """
    folder = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    if host := environ.get("DOCKER_HOST"):
        secured = environ.get("DOCKER_TLS_VERIFY", "") not in ("", "0")
        tls = Path(environ.get("DOCKER_CERT_PATH") or folder) if secured else None
        return Endpoint(host, tls, origin="DOCKER_HOST")
    name = environ.get("DOCKER_CONTEXT") or _current_context(folder)
    return Endpoint() if name in ("", "default") else _context(folder, name)


def _current_context(folder: Path) -> str:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Without a readable config the docker command uses its defaults, too.
        return ""
    return str(config.get("currentContext") or "") if isinstance(config, dict) else ""


def _context(folder: Path, name: str) -> Endpoint:
    contexts = folder / "contexts"
    # The docker command names the folders of a context so.
    digest = hashlib.sha256(name.encode()).hexdigest()
    try:
        meta = json.loads((contexts / "meta" / digest / "meta.json").read_text(encoding="utf-8"))
        endpoint: dict[str, Any] = meta["Endpoints"]["docker"]
        host = str(endpoint["Host"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DockerUnavailable(
            f"the docker context {name} cannot be read: {type(error).__name__}: {error}",
            hint="docker context ls, then docker context use NAME",
        ) from error
    tls = contexts / "tls" / digest / "docker"
    return Endpoint(
        host,
        tls if tls.is_dir() else None,
        verify=not endpoint.get("SkipTLSVerify"),
        origin=f"docker context {name}",
    )
