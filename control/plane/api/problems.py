"""Problems as HTTP answers (RFC 9457)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from control.plane.exceptions import InternalProblem, MethodNotAllowed, NotFound, Problem

if TYPE_CHECKING:
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"


def problem_response(problem: Problem) -> JSONResponse:
    """The answer for `problem`."""
    headers = {"www-authenticate": "Bearer"} if problem.status == 401 else None
    return JSONResponse(
        problem.to_dict(), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers
    )


async def answer_problem(_request: Request, error: Exception) -> JSONResponse:
    """Turns what a route raised on purpose into its answer."""
    assert isinstance(error, Problem), "registered for problems only"
    return problem_response(error)


async def answer_not_found(request: Request, _error: Exception) -> JSONResponse:
    """No such route."""
    return problem_response(NotFound(f"There is no {request.url.path}; see docs/control-api.md."))


async def answer_method_not_allowed(request: Request, _error: Exception) -> JSONResponse:
    """A route that takes other methods."""
    return problem_response(MethodNotAllowed(f"{request.url.path} does not take {request.method}."))


async def answer_unexpected(_request: Request, error: Exception) -> JSONResponse:
    """A fault of ours, told as one."""
    return problem_response(internal_problem(error))


def internal_problem(error: BaseException, *, is_applied: bool = False) -> Problem:
    """What the caller gets to know about a fault of ours; the log has the traceback.

    `is_applied`: it came after the new version had become the live one.
    """
    outcome = "The running version was not changed"
    if is_applied:
        outcome = "The new version is live all the same"
    return InternalProblem(
        f"The control plane failed with {type(error).__name__}; `control-truss logs` shows where. "
        f"{outcome}."
    )
