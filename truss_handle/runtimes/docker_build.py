"""Builds an image and turns the builder's stream into progress, or into one message.

Everything here blocks: callers run it in threads.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from truss_handle.exceptions import ImageFailed
from truss_handle.runtimes.docker_engine import end_stream
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docker import DockerClient

    from truss_handle.runtimes.interrupt import Interrupt
    from truss_handle.values import Progress

_STEP = re.compile(r"^Step (\d+)/(\d+) : (.*)", re.DOTALL)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"^(--->|Removing intermediate|Successfully |The command '.*' returned)")
# Instructions that only write metadata, and pip's words about what takes long.
_INSTANT = ("USER ", "ENTRYPOINT ", "ENV ", "WORKDIR ", "EXPOSE ", "LABEL ")
_PACKAGES = ("Collecting ", "Downloading ", "Building wheel", "Installing collected ")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(slots=True)
class BuildOutput:
    """Follows a build: which step it is at, what that step last said."""

    step: str = ""
    percent: int = 0
    image: str | None = None
    error: str | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=5))

    def feed(self, event: Mapping[str, Any]) -> ProgressEvent | None:
        """Take one message of the builder; the progress it means, if any."""
        if "error" in event:
            self.error = str(event["error"])
        if "ID" in event.get("aux", {}):
            self.image = str(event["aux"]["ID"])
        if "status" in event and "id" in event:
            # Layers of the base image on their way; their bars are for a terminal.
            return ProgressEvent("image", f"base image: {event['status']} {event['id']}")
        return self._line(_COLOUR.sub("", str(event.get("stream", ""))).strip())

    def _line(self, line: str) -> ProgressEvent | None:
        if step := _STEP.match(line):
            self.percent = 100 * int(step[1]) // int(step[2])
            self.step = step[3].strip()
            self.last_lines.clear()
            if self.step.startswith(_INSTANT):
                return None
            return ProgressEvent("image", shown(self.step), self.percent)
        if line and not _NOISE.match(line):
            self.last_lines.append(line.splitlines()[-1])
            if line.startswith(_PACKAGES):
                return ProgressEvent("image", shown(line), self.percent)
        return None

    def failure(self, log: Path) -> ImageFailed:
        """One message: the step, what it said last, and where everything is."""
        said = " | ".join(self.last_lines) or self.error or "the engine gave no reason"
        where = f"at `{shown(self.step)}`" if self.step else "before its first step"
        hint = f"all of the output: {log}"
        if not self.last_lines and self.step.startswith("FROM "):
            hint = f"--base-image names another that the engine has or can reach; {hint}"
        return ImageFailed(f"the image does not build, {where}: {said}", hint=hint)


def build(
    client: DockerClient,
    context: IO[bytes],
    *,
    tag: str,
    labels: Mapping[str, str],
    environ: Mapping[str, str],
    log: Path,
    progress: Progress,
    interrupt: Interrupt,
) -> str:
    """Build the context and return the image's id; the whole output goes to `log`.

    Raises ImageFailed, also when interrupted, which makes the engine drop the build.
    """
    output = BuildOutput()
    stream = _stream(
        client,
        interrupt,
        fileobj=context,
        custom_context=True,
        tag=tag,
        labels=dict(labels),
        # The builder knows these by itself and keeps them out of the image and its history.
        buildargs={name: environ[name] for name in _PROXIES if environ.get(name)},
        rm=True,
        forcerm=True,
        decode=True,
    )
    with log.open("w", encoding="utf-8") as file:
        for event in stream:
            file.write(str(event.get("stream") or event.get("error") or ""))
            if (step := output.feed(event)) is not None:
                progress(step)
    if output.error is not None or output.image is None:
        raise output.failure(log)
    return output.image


def _stream(
    client: DockerClient, interrupt: Interrupt, **arguments: Any
) -> Iterator[Mapping[str, Any]]:
    from docker.types import CancellableStream

    responses: list[Any] = []
    # `build` returns its messages and keeps the response, which is what can be cut off.
    client.api.hooks["response"].append(lambda response, **_: responses.append(response))
    stream: Iterator[Mapping[str, Any]] = client.api.build(**arguments)
    interrupt.ends_by(lambda: end_stream(CancellableStream(stream, responses[-1])))
    return stream


def prune(client: DockerClient, label: str, *, keep: int) -> None:
    """Remove the images with `label`, except the newest `keep`; those in use stay."""
    from docker.errors import APIError

    images = client.images.list(filters={"label": label})
    images.sort(key=lambda image: str(image.attrs.get("Created")), reverse=True)
    for image in images[keep:]:
        try:
            client.images.remove(str(image.id))
        except APIError as error:
            if error.status_code not in (404, 409):
                raise


def shown(step: str) -> str:
    """One line of at most 120 characters."""
    line = " ".join(step.split())
    return line if len(line) <= 120 else f"{line[:119]}…"
