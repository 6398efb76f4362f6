"""An asynchronous client of one running server: the control API and the model's own routes."""

from __future__ import annotations

import asyncio
import codecs
import json
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from truss_handle.connections import http_client
from truss_handle.exceptions import PatchRefused, PredictTimeout, ServerUnavailable
from truss_handle.problems import exception_of
from truss_handle.values import ProgressEvent, no_progress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from truss_handle.values import Progress, Running

ERROR_ID_HEADER = "X-Control-Truss-Error-Id"
_QUICK = httpx.Timeout(10.0)
# A patch takes as long as the model's load; the control plane bounds that itself.
_LONG = httpx.Timeout(10.0, read=None)
# Three times as long as the control plane is ever silent on such a connection.
_TALKATIVE = httpx.Timeout(10.0, read=45.0)
_UPLOAD_ATTEMPTS, _UPLOAD_PAUSE = 20, 0.5  # a server that is started again takes seconds
_RESUMED_BYTES = _BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, as it came. `error_id` names a report that the server keeps."""

    status: int
    content: bytes
    content_type: str
    error_id: str | None
    first_byte_ms: float
    latency_ms: float


class ServerClient:
    """Speaks to one instance, between `async with` and its end, on one event loop."""

    _http: httpx.AsyncClient

    def __init__(self, running: Running) -> None:
        self._running = running

    async def __aenter__(self) -> ServerClient:
        self._http = await http_client()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """The connections stay: see `truss_handle.connections`."""

    async def truss_hash(self) -> str:
        """Hash of the version that runs."""
        return str((await self._get("/control/truss_hash"))["result"])

    async def versions(self) -> tuple[str, str | None]:
        """Hash of the version that runs, and of the one that a patch is about to make live."""
        answer = await self._get("/control/truss_hash")
        return str(answer["result"]), answer.get("pending")

    async def signature(self) -> dict[str, Any]:
        """Signature of the version that runs."""
        return await self._get("/control/signature")

    async def status(self) -> dict[str, Any]:
        """The control plane's own account; keys as in docs/cli.md."""
        return await self._get("/control/status")

    async def packages(self) -> dict[str, str]:
        """Distributions that the running version can import, by canonical name.

        Raises PatchRefused (type `not_found`) of an older server.
        """
        return dict((await self._get("/control/packages"))["packages"])

    async def restart_inference_server(self) -> None:
        """Load the running version again in a new process."""
        await self._control("POST", "/control/restart_inference_server", json={}, timeout=_LONG)

    async def patch(self, body: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        """POST a patch; the answer, after every progress line went to `progress`.

        Raises RebuildNeeded, PatchRefused, PatchFailed, ServerUnavailable.
        """
        if progress is no_progress:  # one piece is read sooner than one for every line
            answer = await self._control("POST", "/control/patch", json=body, timeout=_LONG)
            return dict(_decoded(answer))
        headers = {**self._authorization(), "Accept": "application/x-ndjson"}
        result: dict[str, Any] = {}
        try:
            async with self._http.stream(
                "POST", self._url("/control/patch"), json=body, headers=headers, timeout=_LONG
            ) as response:
                if response.status_code >= 400:
                    await response.aread()
                    raise exception_of(response.status_code, _decoded(response))
                async for line in response.aiter_lines():
                    event = json.loads(line) if line.strip() else {}
                    if event.get("event") == "progress":
                        progress(_progress_event(event))
                    elif event.get("event") == "error":
                        raise exception_of(int(event.get("status", 500)), event)
                    elif event:
                        # Read to its end, an answer leaves its connection to the next question.
                        result = event
        except (httpx.HTTPError, ValueError) as error:
            if not result:
                raise self._unavailable(error) from error
        if not result:
            raise ServerUnavailable("the control plane ended its answer before the result")
        return result

    async def prepare(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a patch would do, after all of it that shows to nobody was done ahead.

        Raises what `patch` raises.
        """
        return dict(
            _decoded(await self._control("POST", "/control/prepare", json=body, timeout=_LONG))
        )

    async def missing_blobs(self, digests: Sequence[str], near: Sequence[str] = ()) -> list[str]:
        """Those of the blobs that the server lacks. It looks for chunks in its files `near`."""
        if not digests:
            return []
        body = {"blobs": list(digests), "near": list(near)}
        path = "/control/blobs/missing"
        response = await self._control("POST", path, json=body, timeout=_LONG)
        return [str(digest) for digest in _decoded(response)["missing"]]

    async def send_blob(self, digest: str, file: Path, offset: int, size: int) -> None:
        """Send `size` bytes of a file from `offset` on, as the blob with this digest.

        After a cut it goes on where the server's part ends. Raises PatchRefused, ServerUnavailable.
        """
        for remaining in reversed(range(_UPLOAD_ATTEMPTS)):
            try:
                # Also at first: an earlier process may have been cut off.
                done = await self._uploaded(digest) if size > _RESUMED_BYTES else 0
                await self._put_blob(digest, file, offset, size, done)
                return
            except ServerUnavailable:
                if not remaining:
                    raise
            except PatchRefused as refusal:
                # What the server has changed between question and answer.
                if not remaining or refusal.problem.get("type") != "blob_offset":
                    raise
            await asyncio.sleep(_UPLOAD_PAUSE)

    async def _uploaded(self, digest: str) -> int:
        response = await self._control("HEAD", f"/control/blobs/{digest}")
        return int(response.headers.get("Upload-Offset", "0"))

    async def _put_blob(self, digest: str, file: Path, offset: int, size: int, done: int) -> None:
        headers = {
            **self._authorization(),
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size - done),
            "Upload-Offset": str(done),
        }
        content = _part(file, offset + done, size - done)
        try:
            response = await self._http.put(
                self._url(f"/control/blobs/{digest}"),
                content=content,
                headers=headers,
                timeout=_LONG,
            )
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        if response.status_code >= 400:
            raise exception_of(response.status_code, _decoded(response))

    def logs(self, *, tail: int, follow: bool) -> AsyncGenerator[str, None]:
        """Lines of the inference server's output."""
        parameters = {"tail": str(tail), "follow": "true" if follow else "false"}
        return self._lines("/control/logs", _LONG, parameters)

    async def events(self) -> AsyncGenerator[dict[str, Any], None]:
        """What the control plane tells: "status" now and on every change, "alive" in between.

        Raises ServerUnavailable, also for a connection that went silent; PatchRefused (type
        `not_found`) of an older server.
        """
        async with aclosing(self._lines("/control/events", _TALKATIVE)) as lines:
            async for line in lines:
                event = json.loads(line)
                if isinstance(event, dict):
                    yield event

    async def _lines(
        self, path: str, timeout: httpx.Timeout, parameters: Mapping[str, str] | None = None
    ) -> AsyncGenerator[str, None]:
        headers = self._authorization()
        try:
            async with self._http.stream(
                "GET", self._url(path), params=parameters, headers=headers, timeout=timeout
            ) as response:
                if response.status_code >= 400:
                    await response.aread()
                    raise exception_of(response.status_code, _decoded(response))
                async for line in response.aiter_lines():
                    yield line
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error

    async def loaded(self) -> bool:
        """Whether the model answers; also for plain servers. Raises ServerUnavailable."""
        try:
            response = await self._http.get(self._url("/v1/models/model/loaded"), timeout=_QUICK)
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        return response.status_code == 200

    async def ask(
        self,
        path: str,
        payload: Any,
        timeout: float | None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """POST a payload to the model. `on_text` gets the pieces of a text that streams.

        Raises PredictTimeout after `timeout` seconds (None: as long as it takes).
        """
        try:
            # httpx's read limit starts anew with every chunk; the caller's is about all of them.
            return await asyncio.wait_for(self._asked(path, payload, on_text), timeout)
        except asyncio.TimeoutError as error:
            raise PredictTimeout(
                f"the model did not answer within {timeout:g} s",
                hint="look at the logs, or allow more time with --timeout",
            ) from error
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error

    async def _asked(
        self, path: str, payload: Any, on_text: Callable[[str], None] | None
    ) -> Answer:
        began = time.perf_counter()
        first: float | None = None
        content = bytearray()
        url = self._url(path)
        async with self._http.stream("POST", url, json=payload, timeout=_LONG) as response:
            pieces = _text_pieces(response) if on_text else None
            async for chunk in response.aiter_bytes():
                first = first or time.perf_counter()
                content += chunk
                if on_text and pieces and (text := pieces.decode(chunk)):
                    on_text(text)
        ended = time.perf_counter()
        return Answer(
            status=response.status_code,
            content=bytes(content),
            content_type=response.headers.get("content-type", ""),
            error_id=response.headers.get(ERROR_ID_HEADER),
            first_byte_ms=((first or ended) - began) * 1000,
            latency_ms=(ended - began) * 1000,
        )

    async def _get(self, path: str) -> dict[str, Any]:
        response = await self._control("GET", path)
        body = _decoded(response)
        if not isinstance(body, dict):
            raise ServerUnavailable(f"{self._running.url}{path} answered no JSON object")
        return body

    async def _control(self, method: str, path: str, **request: Any) -> httpx.Response:
        options = {"timeout": _QUICK, **request}
        try:
            response = await self._http.request(
                method, self._url(path), headers=self._authorization(), **options
            )
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        if response.status_code >= 400:
            raise exception_of(response.status_code, _decoded(response))
        return response

    def _url(self, path: str) -> str:
        return f"{self._running.url}/{path.lstrip('/')}"

    def _authorization(self) -> dict[str, str]:
        file = self._running.token_file
        if file is None:
            return {}
        try:
            return {"Authorization": f"Bearer {file.read_text(encoding='ascii').strip()}"}
        except OSError as error:
            raise ServerUnavailable(
                f"the token of {self._running.id} cannot be read: {error.strerror}",
                hint="stop and start the Truss",
            ) from error

    def _unavailable(self, error: Exception) -> ServerUnavailable:
        said = str(error) or type(error).__name__
        return ServerUnavailable(
            f"the server at {self._running.url} does not answer: {said}",
            hint="look at `control-truss logs`, or stop and start the Truss",
        )


def _text_pieces(response: httpx.Response) -> codecs.IncrementalDecoder | None:
    """Decodes an answer that comes piece by piece; None for one that comes as a whole."""
    if "content-length" in response.headers or response.status_code >= 400:
        return None
    return codecs.getincrementaldecoder("utf-8")("replace")


async def _part(file: Path, offset: int, size: int) -> AsyncIterator[bytes]:
    """Some bytes of a file, a block at a time. A file that ends too early ends the request."""
    with await asyncio.to_thread(file.open, "rb", buffering=0) as stream:
        stream.seek(offset)
        while size > 0:
            block = await asyncio.to_thread(stream.read, min(_BLOCK, size))
            if not block:
                message = f"{file} became shorter while it was sent"
                raise PatchRefused(message, problem={"type": "blob_mismatch"})
            size -= len(block)
            yield block


def _progress_event(event: Mapping[str, Any]) -> ProgressEvent:
    return ProgressEvent(str(event.get("stage", "patch")), str(event.get("message", "")))


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text
