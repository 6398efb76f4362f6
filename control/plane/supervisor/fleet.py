"""Every inference process that lives, and the only place that starts one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control.plane.exceptions import LoadFailed
from control.plane.supervisor.errors import model_error, start_error
from control.plane.supervisor.process import InferenceProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.plane.supervisor.environment import ProcessEnvironment
    from control.plane.supervisor.launch import Launch
    from control.plane.supervisor.process import Event

CLOSING = "The server is shutting down."


class Fleet:
    """`on_end` hears of every end, `on_predict_error` of every exception of a model."""

    def __init__(
        self,
        launch: Launch,
        on_end: Callable[[InferenceProcess], None],
        on_predict_error: Callable[[InferenceProcess, Event], None],
    ) -> None:
        self._launch = launch
        self._on_end = on_end
        self._on_predict_error = on_predict_error
        self._living: set[InferenceProcess] = set()
        self._closed = False

    @property
    def living(self) -> set[InferenceProcess]:
        """A copy: processes end while one looks."""
        return set(self._living)

    async def start(self, environment: ProcessEnvironment) -> InferenceProcess:
        """A new process, which boots.

        Raises:
            LoadFailed: the system refuses, or this server is shutting down.
        """
        if self._closed:
            raise LoadFailed(model_error("boot", "ShuttingDown", CLOSING))
        try:
            process = await InferenceProcess.start(self._launch, environment)
        except OSError as error:
            raise LoadFailed(start_error(error)) from error
        process.on_predict_error = self._on_predict_error
        self._living.add(process)
        process.exited.add_done_callback(lambda _: self._ended(process))
        return process

    @property
    def is_closed(self) -> bool:
        """Whether nothing is started any more."""
        return self._closed

    def close(self) -> None:
        """Starts nothing any more."""
        self._closed = True

    def _ended(self, process: InferenceProcess) -> None:
        self._living.discard(process)
        self._on_end(process)
