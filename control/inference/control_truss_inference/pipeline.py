"""From inputs to a result: preprocess, predict and postprocess of one loaded model."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable

from .exceptions import ModelDefinitionError
from .framework import is_response
from .streams import Stream, is_stream
from .user_code import UserCode

if TYPE_CHECKING:
    from .connection import Connection
    from .contract import Contract, Method
    from .in_flight import InFlight
    from .loading import LoadedModel


class Pipeline:
    """Runs the methods of one model. `places` limits how many predicts run at a time."""

    def __init__(
        self,
        model: LoadedModel,
        user_code: UserCode,
        places: asyncio.Semaphore,
        in_flight: InFlight,
    ) -> None:
        self._contract: Contract = model.contract
        self._user_code = user_code
        self._places = places
        self._in_flight = in_flight
        self._silence_limit = model.release.streaming_read_timeout

    async def predict(self, inputs: Any, connection: Connection) -> Any:
        """The result of the last step: plain data, a Response, or a Stream of chunks."""
        methods = self._contract.methods
        if "preprocess" in methods:
            inputs = await self._step(methods["preprocess"], inputs, connection)
        result = await self._limited(self._contract.method("predict"), inputs, connection)
        if "postprocess" not in methods:
            return result
        if isinstance(result, Stream) or is_response(result):
            kind = "a stream" if isinstance(result, Stream) else "a Response"
            if isinstance(result, Stream):
                result.close()
            raise ModelDefinitionError(
                f"`predict` returned {kind}, which `postprocess` cannot take."
            )
        return await self._step(methods["postprocess"], result, connection)

    async def other(self, method: Method, inputs: Any, connection: Connection) -> Any:
        """The result of an OpenAI-style method, which stands alone and is not limited."""
        result = await self._step(method, inputs, connection)
        return self._stream(result, _nothing) if is_stream(result) else result

    async def _step(self, method: Method, inputs: Any, connection: Connection) -> Any:
        connection.still_wanted()
        return await self._user_code.call(method.function, *method.arguments(inputs, connection))

    async def _limited(self, method: Method, inputs: Any, connection: Connection) -> Any:
        await self._places.acquire()
        release = self._places.release
        try:
            result = await self._step(method, inputs, connection)
        except BaseException:
            release()
            raise
        if is_stream(result):
            return self._stream(result, release)  # keeps its place until it is exhausted
        release()
        return result

    def _stream(self, source: Any, on_end: Callable[[], None]) -> Stream:
        # A generator may outlive its request: a thread cannot be stopped in the middle of an item.
        self._in_flight.enter()

        def ended() -> None:
            on_end()
            self._in_flight.leave()

        return Stream(source, self._user_code, ended, self._silence_limit)


def _nothing() -> None:
    return None
