"""A loaded model as it answers: one of possibly several while a hot swap takes over."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Iterator

from .in_flight import InFlight
from .pipeline import Pipeline

if TYPE_CHECKING:
    from .contract import Contract
    from .loading import LoadedModel
    from .user_code import UserCode


class Version:
    """A request stays with the version it began on, whatever is swapped meanwhile."""

    def __init__(
        self, model: LoadedModel, user_code: UserCode, places: asyncio.Semaphore | None = None
    ) -> None:
        self.model = model
        self.in_flight = InFlight()
        # Shared by successive versions: the limit holds for the model, whichever code it runs.
        self._places = places or asyncio.Semaphore(model.release.predict_concurrency)
        self._user_code = user_code
        self.pipeline = Pipeline(model, user_code, self._places, self.in_flight)

    @property
    def contract(self) -> Contract:
        """What the model offers."""
        return self.model.contract

    def successor(self, model: LoadedModel) -> Version:
        """The next version of the same model; both together respect its concurrency limit."""
        return Version(model, self._user_code, self._places)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Counts one request or websocket."""
        self.in_flight.enter()
        try:
            yield
        finally:
            self.in_flight.leave()
