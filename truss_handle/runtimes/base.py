"""The protocol between the verbs and the places where a Truss can run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from truss_base.config import TrussConfig
    from truss_handle.values import Progress, Running, StartOptions


@dataclass(frozen=True, slots=True)
class Launch:
    """One start, prepared by the verbs and handed to a runtime.

    `directory` is the instance's own (0700, exists, removed after a stop): state, logs and
    whatever else must not outlive the instance goes there. `token_file` (0600) exists for control
    Trusses and is None for the others. `secrets_dir` holds one 0600 file per declared secret that
    has a value; it exists without any, because a patch can declare the first.
    """

    id: str
    truss_dir: Path
    directory: Path
    config: TrussConfig
    options: StartOptions
    token_file: Path | None
    secrets_dir: Path

    @property
    def control(self) -> bool:
        """Whether a control plane runs in front of the model."""
        return self.token_file is not None


class Runtime(Protocol):
    """A place where a Truss can run.

    The verbs keep the registry, hold the lock of the instance, hand out the token and the
    secrets, and wait for the model; a runtime makes processes or containers come and go.
    """

    name: str

    async def prepare(self, launch: Launch, progress: Progress) -> None:
        """Build what a start of this launch needs, and leave what runs alone.

        Called before a running instance is replaced: requirements that do not install must not
        cost the user what answers now, and neither must a port that is taken. The instance's
        folder is still the old one's.
        """

    async def start(self, launch: Launch, progress: Progress) -> Running:
        """Build what is missing, launch, and return once the server answers HTTP.

        The model may still be loading. `Running.id` is `launch.id`. A leftover of the same id is
        replaced. On any failure, also on cancellation, nothing is left behind except caches.
        Raises StartFailed or a MachineProblem.
        """

    async def stop(self, running: Running) -> None:
        """End everything that belongs to the instance, in bounded time; gone already is fine."""

    async def renew_secrets(self, running: Running, values: Mapping[str, str]) -> None:
        """Hand what runs these values of secrets.

        Where the server reads the instance's own folder there is nothing to do: the verbs write it.
        """

    async def is_alive(self, running: Running) -> bool:
        """Whether the processes or the container of the record still run (not: whether healthy)."""

    def plain_logs(self, running: Running, *, follow: bool, tail: int) -> AsyncIterator[str]:
        """Lines of the server's own output, oldest first, without line ends.

        Used for plain servers, and where a control plane does not answer.
        """
