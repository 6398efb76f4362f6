"""The ASGI application: routes of the inference server, and what is answered when one fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from . import payload, responses, schema
from .answer import Answer
from .connection import Connection
from .exceptions import (
    ClientDisconnected,
    InferenceError,
    MethodNotImplemented,
    ModelDefinitionError,
    ModelNotReady,
    UserCodeError,
)
from .framework import is_response
from .metrics import CONTENT_TYPE, Metrics
from .routes import Endpoint, find
from .streams import Stream
from .tracebacks import ErrorReport, report
from .user_code import UserCode
from .version import Version

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .contract import Method
    from .loading import LoadedModel

logger = logging.getLogger(__name__)
SPARE_THREADS = 32  # beside those of `predict`: preprocess, postprocess, OpenAI methods, health


class Application:
    """Answers requests; `version` is None until `serve` was called. `on_error` gets each report."""

    def __init__(self, on_error: Callable[[ErrorReport], None]) -> None:
        self._on_error = on_error
        self.metrics = Metrics()
        self.version: Version | None = None
        self.roots: tuple[Path, ...] = ()  # of the versions whose code may run
        self._paused: asyncio.Event | None = None
        self.ending = False  # requests still at work are cancelled soon, by us
        self._user_code: UserCode | None = None

    def serve(self, model: LoadedModel) -> None:
        """From now on `model` answers. Called on the event loop."""
        self._user_code = UserCode(model.release.predict_concurrency + SPARE_THREADS)
        self.metrics.load_seconds = model.seconds
        self.version = Version(model, self._user_code)
        self.roots = (model.release.root,)

    def pause(self) -> None:
        """Requests that come from now on wait for `resume`; those at work go on."""
        self._paused = self._paused or asyncio.Event()

    def resume(self) -> None:
        """Requests go on."""
        if self._paused is not None:
            self._paused.set()
            self._paused = None

    async def admission(self) -> Version | None:
        """The version to begin a request on; None while no model is loaded."""
        while self._paused is not None:
            await self._paused.wait()
        return self.version

    def swap(self, version: Version) -> None:
        """From now on requests begin on `version`, a successor of the one that answers now."""
        self.version = version
        self.roots = (version.model.release.root, *self.roots)

    def report(self, error: BaseException, near: Callable[..., Any] | None = None) -> str:
        """Hands an error of the user's code to the developer; returns the id of the report.

        `near` is the user's function to point at when the error itself has no place in the Truss.
        """
        described = report(error, phase="predict", roots=self.roots, near=near)
        self._on_error(described)
        return described.id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("client") is None:  # on a Unix socket; models read request.client.host
            scope["client"] = ("127.0.0.1", 0)
        if scope["type"] == "websocket":
            from .websocket import serve_websocket  # brings starlette with it

            await serve_websocket(self, scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(Connection(scope, receive, send))

    @property
    def user_code(self) -> UserCode:
        if self._user_code is None:
            raise ModelNotReady
        return self._user_code

    async def _answer(self, connection: Connection) -> None:
        started = time.perf_counter()
        endpoint, parameter = find(connection.scope["method"], connection.scope["path"])
        self.metrics.in_flight += 1
        try:
            await self._dispatch(endpoint, parameter, connection)
        finally:
            connection.close()
            self.metrics.in_flight -= 1
            seconds = time.perf_counter() - started
            self.metrics.answered(endpoint.value, connection.status or 499, seconds)

    async def _dispatch(self, endpoint: Endpoint, parameter: str, connection: Connection) -> None:
        try:
            version = connection.version = await self.admission()
            with version.answering() if version else contextlib.nullcontext():
                result = await getattr(self, f"_{endpoint.value}")(connection, parameter)
                await self._send(result, connection)
        except asyncio.CancelledError as exc:
            if self.ending and not connection.gone:
                raise
            # Either the client has left, or a task of the user's was cancelled from within.
            gone = connection.gone
            await self._fail(ClientDisconnected("gone") if gone else UserCodeError(exc), connection)
        except Exception as exc:
            await self._fail(exc, connection)

    async def _send(self, result: Any, connection: Connection) -> None:
        if isinstance(result, Stream):
            await _send_stream(result, connection)
            return
        if is_response(result):
            if result.status_code >= 300 and responses.SOURCE_HEADER not in result.headers:
                result.headers.update(responses.marks(responses.CLIENT_FAULT))
        elif not isinstance(result, Answer):
            result = payload.encode(result, connection)
        try:
            await result(connection.scope, connection.receive, connection.send)
        except Exception as exc:  # the body of a Response is the user's code too
            raise UserCodeError(exc) from exc

    async def _fail(self, error: Exception, connection: Connection) -> None:
        if connection.gone:
            connection.status = connection.status or 499
            return
        error_id = None
        if isinstance(error, (UserCodeError, ModelDefinitionError)):
            error_id = self.report(error, connection.answered_by)
        elif not isinstance(error, InferenceError) and not hasattr(error, "status_code"):
            logger.error("A request failed inside the server.", exc_info=error)
        if connection.started:
            # Ends without a last chunk: a truncated answer must not look like a complete one.
            return
        response = responses.response_for(error, error_id)
        await response(connection.scope, connection.receive, connection.send)

    # One method per endpoint of `routes`, each from (connection, path parameter) to a result.

    async def _live(self, connection: Connection, parameter: str) -> Any:
        return True

    async def _metrics(self, connection: Connection, parameter: str) -> Any:
        return Answer(self.metrics.render(), CONTENT_TYPE)

    async def _loaded(self, connection: Connection, parameter: str) -> Any:
        if connection.version is None:
            raise ModelNotReady(parameter)
        return {}

    async def _health(self, connection: Connection, parameter: str) -> Any:
        is_healthy = connection.served_by.contract.is_healthy
        if is_healthy is None:
            return {}
        try:
            healthy = await self.user_code.call(is_healthy)
        except UserCodeError as exc:
            self.report(exc)
            healthy = False
        text = "The model's `is_healthy` says no."
        return {} if healthy else responses.error_response(503, text, responses.MODEL_FAULT)

    async def _schema(self, connection: Connection, parameter: str) -> Any:
        contract = connection.served_by.contract
        first, last = contract.first, contract.last
        if first.input_model is None:
            raise MethodNotImplemented(f"`{first.name}` has no input annotated with pydantic.")
        return schema.describe(first.input_model, last.returns)

    async def _predict(self, connection: Connection, parameter: str) -> Any:
        version = connection.served_by
        connection.answered_by = version.contract.last.function
        inputs = await self._inputs(version.contract.first, connection)
        result = await version.pipeline.predict(inputs, connection)
        return await _gathered(result, connection)

    async def _openai(self, connection: Connection, parameter: str) -> Any:
        version = connection.served_by
        method = version.contract.method(parameter)
        connection.answered_by = method.function
        inputs = await self._inputs(method, connection)
        result = await version.pipeline.other(method, inputs, connection)
        return await _gathered(result, connection)

    async def _missing(self, connection: Connection, parameter: str) -> Any:
        scope = connection.scope
        text = f"There is nothing at {scope['method']} {scope['path']}."
        return responses.error_response(404, text, responses.CLIENT_FAULT)

    async def _wrong_method(self, connection: Connection, parameter: str) -> Any:
        text = f"{connection.scope['path']} takes {parameter}."
        headers = {"Allow": parameter}
        return responses.error_response(405, text, responses.CLIENT_FAULT, headers)

    async def _inputs(self, method: Method, connection: Connection) -> Any:
        """What the client sent, when the method asks for it; the body stays unread otherwise."""
        connection.watch()
        if not method.needs_inputs:
            return None
        return payload.decode(await connection.body(), connection, method.input_model)


async def _gathered(result: Any, connection: Connection) -> Any:
    """A stream as one text, for a client that wants a whole JSON answer."""
    if not isinstance(result, Stream) or not payload.wants_whole(connection):
        return result
    try:
        return b"".join([chunk async for chunk in result.chunks()]).decode("utf-8", "replace")
    finally:
        result.close()


async def _send_stream(stream: Stream, connection: Connection) -> None:
    """The headers leave with the first chunk: a generator that fails at once gets a clean 500."""
    is_events = "text/event-stream" in connection.header("accept")
    media_type = b"text/event-stream; charset=utf-8" if is_events else payload.BINARY.encode()
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", media_type), (b"cache-control", b"no-cache")],
    }
    try:
        async for chunk in stream.chunks():
            if not connection.started:
                await connection.send(start)
            body = {"type": "http.response.body", "body": chunk, "more_body": True}
            await connection.send(body)
        if not connection.started:
            await connection.send(start)
        await connection.send({"type": "http.response.body", "body": b""})
    finally:
        stream.close()
