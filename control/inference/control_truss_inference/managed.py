"""Managed mode: a Unix socket for requests, operations and events on the control channel."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from . import process
from .channel import ControlChannel
from .exceptions import ControlChannelError
from .loading import LoadedModel
from .preloading import preload
from .release import Release
from .service import Service
from .swap.document import SwapDocument
from .swap.foresight import Verdict
from .swap.request import SwapRequest
from .tracebacks import ErrorReport

logger = logging.getLogger("control_truss")
TERMINATION_DRAIN = 30.0  # seconds for requests at work after a SIGTERM
FLUSH_SECONDS = 1.0


class ChannelObserver:
    """Sends what happens as events."""

    def __init__(self, channel: ControlChannel) -> None:
        self._send = channel.send

    def booted(self) -> None:
        self._send("booted", pid=os.getpid())

    def ready(self, model: LoadedModel) -> None:
        self._send("ready", load_seconds=round(model.seconds, 6), methods=model.contract.names)

    def load_failed(self, error: ErrorReport) -> None:
        self._send("load_failed", error=error.to_dict())

    def predict_failed(self, error: ErrorReport) -> None:
        self._send("predict_error", error=error.to_dict())

    def drained(self) -> None:
        self._send("drained")

    def swap_ready(self, number: int, model: LoadedModel, seconds: float) -> None:
        self._send("swap_ready", id=number, seconds=round(seconds, 6), methods=model.contract.names)

    def swap_refused(self, number: int, reasons: Sequence[str]) -> None:
        self._send("swap_refused", id=number, reasons=list(reasons))

    def swap_failed(self, number: int, error: ErrorReport) -> None:
        self._send("swap_failed", id=number, error=error.to_dict())

    def swapped(self, number: int) -> None:
        self._send("swapped", id=number)

    def released(self, number: int) -> None:
        self._send("released", id=number)

    def swap_audited(self, number: int, verdict: Verdict) -> None:
        reasons = list(verdict.reasons)
        self._send("swap_audited", id=number, reasons=reasons, certain=verdict.certain)


class Operations:
    """Carries out what the control plane asks for. Runs in the channel's reading thread."""

    def __init__(self, service: Service, channel: ControlChannel) -> None:
        self._service = service
        self._channel = channel
        self._load_asked = False

    def __call__(self, operation: Mapping[str, Any]) -> None:
        known: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "preload": lambda op: preload(list(op["modules"]), self._channel.send),
            "load": self._load,
            "drain": lambda op: self._service.drain(float(op.get("timeout") or 0.0)),
            "swap_compile": lambda op: self._service.swapper.compile(
                str(op["release_dir"]), str(op["config_file"]), SwapDocument.from_wire(op["swap"])
            ),
            "swap": lambda op: self._service.swapper.prepare(SwapRequest.from_wire(op)),
            "swap_audit": lambda op: self._service.swapper.foresee(
                int(op["id"]), SwapDocument.from_wire(op["swap"])
            ),
            "swap_commit": lambda op: self._service.swapper.commit(int(op["id"])),
            "swap_drop": lambda op: self._service.swapper.drop(int(op["id"])),
            "adopt": lambda op: self._service.swapper.adopt(str(op["release_dir"])),
            "stop": lambda op: process.end_now(0),
        }
        name = operation["op"]
        if name not in known:
            raise ControlChannelError(f"The operation {name!r} is not known.")
        try:
            known[name](operation)
        except (KeyError, TypeError, ValueError) as exc:
            text = f"The operation {name!r} is not complete: {type(exc).__name__} {exc}."
            raise ControlChannelError(text) from exc

    def _load(self, operation: Mapping[str, Any]) -> None:
        if self._load_asked:
            raise ControlChannelError("A release was loaded already; a process loads only one.")
        secrets_dir = operation.get("secrets_dir")
        release_dir, config_file = str(operation["release_dir"]), str(operation["config_file"])
        self._load_asked = True
        self._channel.send("loading")
        self._service.load(
            lambda: Release.read(release_dir, config_file),
            Path(secrets_dir) if secrets_dir else None,
            operation.get("timeout"),
        )


async def serve(socket_path: str, control_fd: int) -> int:
    """Serves until the control plane says otherwise; returns the exit status."""
    process.lead_session()
    channel = ControlChannel(control_fd)
    service = Service(ChannelObserver(channel))
    process.on_termination(lambda: service.drain(TERMINATION_DRAIN))
    channel.listen(Operations(service, channel), _complain, process.end_group)
    status = await service.run(_bind(socket_path))
    channel.flush(FLUSH_SECONDS)
    return status


def _bind(path: str) -> socket.socket:
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    Path(path).chmod(0o600)
    return listener


def _complain(error: ControlChannelError) -> None:
    logger.error("%s", error)
