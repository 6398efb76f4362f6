"""Plain mode: a TCP port and one release, for a Truss without a control plane."""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Callable, Sequence

from . import process
from .loading import LoadedModel
from .release import Release
from .service import Service
from .swap.foresight import Verdict
from .tracebacks import ErrorReport

if TYPE_CHECKING:
    from .plain_options import PlainOptions

logger = logging.getLogger("control_truss")


class LogObserver:
    """Says in the log what managed mode says on its channel; the service logs the errors."""

    def __init__(self, load: Callable[[], None]) -> None:
        self._load = load

    def booted(self) -> None:
        logger.info("The server listens; the model is loading.")
        self._load()

    def ready(self, model: LoadedModel) -> None:
        logger.info("The model is ready after %.2f s.", model.seconds)

    def load_failed(self, error: ErrorReport) -> None:
        return None

    def predict_failed(self, error: ErrorReport) -> None:
        return None

    def drained(self) -> None:
        logger.info("All requests are answered; the server ends.")

    # Nobody asks a plain server for a swap.

    def swap_ready(self, number: int, model: LoadedModel, seconds: float) -> None:
        return None

    def swap_refused(self, number: int, reasons: Sequence[str]) -> None:
        return None

    def swap_failed(self, number: int, error: ErrorReport) -> None:
        return None

    def swapped(self, number: int) -> None:
        return None

    def released(self, number: int) -> None:
        return None

    def swap_audited(self, number: int, verdict: Verdict) -> None:
        return None


async def serve(options: PlainOptions) -> int:
    """Serves until SIGTERM, or until loading fails (1); returns the exit status.

    Raises ReleaseError when there is nothing to serve, OSError when the address cannot be
    listened on.
    """
    release = Release.read(options.release_dir, options.config_file)
    for name, value in release.environment_variables.items():
        os.environ.setdefault(name, value)  # what the container was started with wins
    service = Service(LogObserver(lambda: service.load(lambda: release, options.secrets_dir)))
    process.on_termination(lambda: service.drain(options.drain_timeout))
    return await service.run(_bind(options.host, options.port))


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener
