"""An asynchronous client of the control API of one running server.

What takes its time anyway is elsewhere: contents are sent by `blobs`, logs and events come by
`following`.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from truss_handle.access import authorization
from truss_handle.exceptions import ServerUnavailable
from truss_handle.http.exchange import exchange
from truss_handle.http.messages import Request, json_request
from truss_handle.outcome import NDJSON, Outcome
from truss_handle.problems import decoded, exception_of
from truss_handle.values import no_progress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from truss_handle.http.exchange import Response
    from truss_handle.values import Progress, Running

_QUICK = 10.0  # seconds
# A patch takes as long as the model's load; the control plane bounds that itself.
_LONG = None


class ServerClient:
    """Speaks to one instance. There is nothing to close: connections outlive their exchanges."""

    def __init__(self, running: Running) -> None:
        self._running = running

    async def truss_hash(self) -> str:
        """Hash of the version that runs."""
        return (await self.versions())[0]

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
        await self._post("/control/restart_inference_server", {})

    async def stop_inference_server(self) -> None:
        """End the model's process; predictions are refused until it is loaded again."""
        await self._post("/control/stop_inference_server", {})

    async def patch(self, body: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        """POST a patch; the answer, after every progress line went to `progress`.

        Raises RebuildNeeded, PatchRefused, PatchFailed, ServerUnavailable.
        """
        if progress is no_progress:  # one piece is read sooner than one for every line
            return await self._post("/control/patch", body)
        headers = {**authorization(self._running), "Accept": NDJSON}
        outcome = Outcome(progress)
        try:
            async with self._control(json_request("/control/patch", body, headers), _LONG) as told:
                # Read to its end, an answer leaves its connection to the next question.
                while piece := await told.piece():
                    outcome.hear(piece)
        except ServerUnavailable:
            if not outcome.result:
                raise
        return outcome.required()

    async def prepare(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a patch would do, after all of it that shows to nobody was done ahead.

        Raises what `patch` raises.
        """
        return await self._post("/control/prepare", body)

    async def missing_blobs(self, digests: Sequence[str], near: Sequence[str] = ()) -> list[str]:
        """Those of the blobs that the server lacks. It looks for chunks in its files `near`."""
        if not digests:
            return []
        body = {"blobs": list(digests), "near": list(near)}
        answer = await self._post("/control/blobs/missing", body)
        return [str(digest) for digest in answer["missing"]]

    async def _get(self, path: str) -> dict[str, Any]:
        request = Request("GET", path, authorization(self._running))
        return await self._object(request, _QUICK)

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        request = json_request(path, body, authorization(self._running))
        return await self._object(request, _LONG)

    async def _object(self, request: Request, limit: float | None) -> dict[str, Any]:
        async with self._control(request, limit) as response:
            found = decoded(await response.read())
        if not isinstance(found, dict):
            raise ServerUnavailable(f"{self._running.url}{request.path} answered no JSON object")
        return found

    @asynccontextmanager
    async def _control(self, request: Request, limit: float | None) -> AsyncIterator[Response]:
        async with exchange(self._running.url, request, limit) as response:
            if response.status >= 400:
                raise exception_of(response.status, decoded(await response.read()))
            yield response
