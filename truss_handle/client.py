"""An asynchronous client of one running server: the control API and the model's own routes."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from typing import TYPE_CHECKING, Any

import httpx

from truss_handle.exceptions import PredictTimeout, ServerUnavailable
from truss_handle.problems import exception_of
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from types import TracebackType

    from truss_handle.values import Progress, Running

ERROR_ID_HEADER = "X-Control-Truss-Error-Id"
_QUICK = httpx.Timeout(10.0)
# A patch takes as long as the model's load; the control plane bounds that itself.
_LONG = httpx.Timeout(10.0, read=None)


class ServerClient:
    """Speaks to one instance. An async context manager; not to be shared between event loops."""

    def __init__(self, running: Running) -> None:
        self._running = running
        # Loopback: never through the user's proxy. Loading the system's certificates, which
        # plain HTTP does not need, would be half of the time of a request.
        self._http = httpx.AsyncClient(
            base_url=running.url,
            timeout=_QUICK,
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    async def __aenter__(self) -> ServerClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

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

    async def restart_inference_server(self) -> None:
        """Load the running version again in a new process."""
        await self._control("POST", "/control/restart_inference_server", json={}, timeout=_LONG)

    async def patch(self, body: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        """POST a patch; the answer, after every progress line went to `progress`.

        Raises RebuildNeeded, PatchRefused, PatchFailed, ServerUnavailable.
        """
        headers = {**self._authorization(), "Accept": "application/x-ndjson"}
        try:
            async with self._http.stream(
                "POST", "/control/patch", json=body, headers=headers, timeout=_LONG
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
                        return dict(event)
        except (httpx.HTTPError, ValueError) as error:
            raise self._unavailable(error) from error
        raise ServerUnavailable("the control plane ended its answer before the result")

    async def logs(self, *, tail: int, follow: bool) -> AsyncIterator[str]:
        """Lines of the inference server's output."""
        parameters = {"tail": str(tail), "follow": "true" if follow else "false"}
        try:
            async with self._http.stream(
                "GET",
                "/control/logs",
                params=parameters,
                headers=self._authorization(),
                timeout=_LONG,
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
            response = await self._http.get("/v1/models/model/loaded")
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        return response.status_code == 200

    async def ask(
        self, path: str, payload: Any, timeout: float | None
    ) -> tuple[httpx.Response, float]:
        """POST a payload to the model: the answer and its latency in milliseconds.

        Raises PredictTimeout after `timeout` seconds (None: as long as it takes).
        """
        began = time.perf_counter()
        # httpx's read limit starts anew with every chunk; the caller's is about the whole answer.
        asking = self._http.post(path, json=payload, timeout=_LONG)
        try:
            response = await asyncio.wait_for(asking, timeout)
        except asyncio.TimeoutError as error:
            raise PredictTimeout(
                f"the model did not answer within {timeout:g} s",
                hint="look at the logs, or allow more time with --timeout",
            ) from error
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        return response, (time.perf_counter() - began) * 1000

    async def _get(self, path: str) -> dict[str, Any]:
        response = await self._control("GET", path)
        body = _decoded(response)
        if not isinstance(body, dict):
            raise ServerUnavailable(f"{self._running.url}{path} answered no JSON object")
        return body

    async def _control(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = await self._http.request(
                method, path, headers=self._authorization(), **request
            )
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        if response.status_code >= 400:
            raise exception_of(response.status_code, _decoded(response))
        return response

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


def _progress_event(event: Mapping[str, Any]) -> ProgressEvent:
    return ProgressEvent(str(event.get("stage", "patch")), str(event.get("message", "")))


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text
