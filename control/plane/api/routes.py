"""The routes of `/control/*`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, PlainTextResponse, Response

from control.plane import VERSION
from control.plane.api.blobs import BlobRoutes
from control.plane.api.events import answer_events
from control.plane.api.logs import answer_logs
from control.plane.api.metrics import metrics_text
from control.plane.api.packages import answer_packages
from control.plane.api.patches import PatchRoute
from control.plane.api.problems import (
    answer_method_not_allowed,
    answer_not_found,
    answer_problem,
    answer_unexpected,
)
from control.plane.api.status import status_of
from control.plane.exceptions import LoadFailed, LoadProblem, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from control.plane.plane import ControlPlane

STARTED = "Inference server started successfully"
STOPPED = "Inference server stopped successfully"


class PlainRoute(APIRoute):
    """A route whose endpoint takes the request as it is: nothing has to be found out about its
    parameters, which costs a patch that was prepared ahead a noticeable part of its time."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        return self.endpoint


def control_api(plane: ControlPlane) -> FastAPI:
    """The FastAPI application over `plane`."""
    # The interactive documentation loads scripts from elsewhere; docs/control-api.md has it all.
    api = FastAPI(title="Control Truss", version=VERSION, docs_url=None, redoc_url=None)
    api.openapi_url = "/control/openapi.json"
    api.setup()
    api.add_exception_handler(Problem, answer_problem)
    api.add_exception_handler(404, answer_not_found)
    api.add_exception_handler(405, answer_method_not_allowed)
    api.add_exception_handler(Exception, answer_unexpected)
    # Routes are tried in their order.
    _add_patching(api, plane)
    _add_reading(api, plane)
    _add_blobs(api, plane)
    _add_ending(api, plane)
    return api


def _add_patching(api: FastAPI, plane: ControlPlane) -> None:
    patch_route = PatchRoute(plane)

    async def patch(request: Request) -> Response:
        """Takes the running Truss from one version to the next, or changes nothing."""
        return await patch_route(request)

    async def prepare(request: Request) -> Response:
        """Does what a patch that may come needs, and shows nothing of it to anybody."""
        return await patch_route.prepare(request)

    for endpoint in (patch, prepare):
        api.router.add_api_route(
            f"/control/{endpoint.__name__}",
            endpoint,
            methods=["POST"],
            route_class_override=PlainRoute,
        )


def _add_reading(api: FastAPI, plane: ControlPlane) -> None:
    @api.get("/control/truss_hash")
    async def truss_hash() -> dict[str, str | None]:
        """The Truss hash of the live version, and of the one on its way."""
        return {"result": plane.store.live.hash, "pending": plane.patcher.pending}

    @api.get("/control/signature")
    async def signature() -> JSONResponse:
        """The signature of the live version: the base of every diff."""
        import asyncio

        return JSONResponse((await asyncio.to_thread(plane.store.live.signature)).to_dict())

    @api.get("/control/status")
    async def status() -> JSONResponse:
        """Hash, state, memory, the last error and the last patches."""
        return JSONResponse(await status_of(plane))

    @api.get("/control/events")
    async def events() -> Response:
        """The status now and whenever it changes, as JSON lines."""
        return answer_events(plane)

    @api.get("/control/has_partially_applied_patch")
    async def has_partially_applied_patch() -> dict[str, bool]:
        """Never: a patch is applied or it is not. Kept for clients that ask."""
        return {"result": False}

    @api.get("/control/logs")
    async def logs(request: Request) -> Response:
        """The inference server's output; `?tail=N&follow=true`."""
        return await answer_logs(request, plane.log)

    @api.get("/control/packages")
    async def packages() -> Response:
        """What is installed where the inference server runs."""
        return await answer_packages(plane)

    @api.get("/control/metrics")
    async def metrics() -> PlainTextResponse:
        """Numbers for Prometheus."""
        return PlainTextResponse(metrics_text(await status_of(plane), plane.route.traffic))


def _add_blobs(api: FastAPI, plane: ControlPlane) -> None:
    routes = BlobRoutes(plane.blobs, plane.supply, plane.settings.body_limit)

    @api.post("/control/blobs/missing")
    async def missing_blobs(request: Request) -> Response:
        """Which of these blobs have to be sent."""
        return await routes.missing(request)

    @api.head("/control/blobs/{sha256}")
    async def head_blob(sha256: str) -> Response:
        """How far a blob has come."""
        return await routes.head(sha256)

    @api.put("/control/blobs/{sha256}")
    async def put_blob(sha256: str, request: Request) -> Response:
        """Receives a blob, or the rest of one."""
        return await routes.put(sha256, request)


def _add_ending(api: FastAPI, plane: ControlPlane) -> None:
    @api.post("/control/restart_inference_server")
    async def restart_inference_server() -> dict[str, Any]:
        """Loads the live version again and switches to it."""
        try:
            async with plane.patcher.interrupted() as live:
                await plane.supervisor.restart(live)
        except LoadFailed as failure:
            raise LoadProblem(f"The model does not load: {failure}", failure.error) from failure
        return {"msg": STARTED}

    @api.post("/control/stop_inference_server")
    async def stop_inference_server() -> dict[str, Any]:
        """Ends the inference server; predictions are refused until it is started again."""
        async with plane.patcher.interrupted():
            await plane.supervisor.stop()
        return {"msg": STOPPED}
