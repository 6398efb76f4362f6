"""`POST /control/patch`: plain, or as a stream of progress lines."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from control.plane.api.body import read_body
from control.plane.api.problems import internal_problem
from control.plane.exceptions import Abandoned, Problem
from control.plane.patching.attempt import Attempt
from control.plane.patching.request import parse_patch_request
from control.plane.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from control.plane.patching.answers import Answer
    from control.plane.patching.request import PatchRequest
    from control.plane.patching.transaction import Progress
    from control.plane.plane import ControlPlane

NDJSON = "application/x-ndjson"
# Below this, handing the body to a thread costs more than reading it.
SMALL_BODY = 64 * 1024

logger = logging.getLogger("control.plane")


class PatchRoute:
    """A client that leaves gives its patch up, but a commit that has begun completes: nothing
    cancels the task of a request, nor that of a stream, which is its own.
    """

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._tasks = Tasks()

    async def __call__(self, request: Request) -> Response:
        """Answers one request."""
        patch = await self._read(request)
        if NDJSON in request.headers.get("accept", ""):
            return StreamingResponse(self._stream(patch), media_type=NDJSON)
        outcome = await self._heard(patch, request)
        if isinstance(outcome, Problem):
            raise outcome
        return JSONResponse(outcome)

    async def prepare(self, request: Request) -> Response:
        """Answers a request to prepare a patch that may come."""
        patch = await self._completed(await self._read(request))
        try:
            return JSONResponse(await self._plane.drafts.ahead(patch))
        except BaseException:
            await self._doubted(patch)
            raise

    async def _read(self, request: Request) -> PatchRequest:
        body = await read_body(request, self._plane.settings.body_limit)
        if len(body) > SMALL_BODY:
            return await asyncio.to_thread(parse_patch_request, body)
        return parse_patch_request(body)

    async def _heard(self, patch: PatchRequest, request: Request) -> Answer | Problem:
        """The outcome of a patch that is given up when the client leaves."""
        attempt = Attempt(patch.hash)
        # The body has been read, so all that can still arrive is that the client is gone.
        leaving = asyncio.ensure_future(request.receive())
        leaving.add_done_callback(lambda _: attempt.give_up(Abandoned()))
        try:
            return await self._outcome(patch, _unheard, attempt)
        finally:
            leaving.cancel()

    async def _stream(self, patch: PatchRequest) -> AsyncIterator[bytes]:
        lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        def progress(stage: str, message: str) -> None:
            lines.put_nowait({"event": "progress", "stage": stage, "message": message})

        attempt = Attempt(patch.hash)

        async def run() -> None:
            outcome = await self._outcome(patch, progress, attempt)
            if isinstance(outcome, Problem):
                # The status is sent already, so the last line has to tell.
                lines.put_nowait({"event": "error", **outcome.to_dict()})
            else:
                lines.put_nowait({"event": "result", **outcome})
            lines.put_nowait(None)

        self._tasks.run(run())
        try:
            while (line := await lines.get()) is not None:
                yield json.dumps(line).encode() + b"\n"
        finally:
            # A client that leaves ends this generator; after the last line it changes nothing.
            attempt.give_up(Abandoned())

    async def _outcome(
        self, patch: PatchRequest, progress: Progress, attempt: Attempt
    ) -> Answer | Problem:
        """Never raises: the caller may be gone, and then nobody would see it."""
        store = self._plane.store
        before = store.live.hash
        try:
            return await self._supplied(patch, progress, attempt)
        except Problem as problem:
            return problem
        except Exception as error:
            logger.exception("a patch failed unexpectedly")
            return internal_problem(error, is_applied=before != store.live.hash == patch.hash)

    async def _supplied(self, patch: PatchRequest, progress: Progress, attempt: Attempt) -> Answer:
        """Applies the patch with what it refers to."""
        patch = await self._completed(patch)
        try:
            answer = await self._plane.patcher.patch(patch, progress, attempt)
        except BaseException:
            await self._doubted(patch)
            raise
        if patch.pieces:
            await asyncio.to_thread(self._plane.supply.settle, patch)
        return answer

    async def _completed(self, patch: PatchRequest) -> PatchRequest:
        """The patch with the places of its blobs, if it refers to any."""
        supply = self._plane.supply
        return await asyncio.to_thread(supply.complete, patch) if supply.concerns(patch) else patch

    async def _doubted(self, patch: PatchRequest) -> None:
        if patch.pieces:
            await asyncio.to_thread(self._plane.supply.doubt)


def _unheard(_stage: str, _message: str) -> None:
    """Progress that nobody asked for."""
