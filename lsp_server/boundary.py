"""The error boundary around every handler."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable
from typing import Any

from pygls.exceptions import JsonRpcException, JsonRpcInternalError

from lsp_server.text import one_line
from lsp_server.timings import Timings

logger = logging.getLogger("lsp_server")
SLOW_SECONDS = 0.05


def guarded(method: str, handler: Callable[[Any], Any], timings: Timings) -> Callable[[Any], Any]:
    """The error boundary: a handler that raises costs one log line, and the answer is an error."""
    if inspect.iscoroutinefunction(handler):

        async def call_async(params: Any) -> Any:
            started = time.perf_counter()
            try:
                return await handler(params)
            except Exception as error:
                raise _refusal(method, error) from None
            finally:
                timings.note(method, time.perf_counter() - started)

        return call_async

    def call(params: Any) -> Any:
        started = time.perf_counter()
        try:
            return handler(params)
        except Exception as error:
            raise _refusal(method, error) from None
        finally:
            seconds = time.perf_counter() - started
            timings.note(method, seconds)
            if seconds > SLOW_SECONDS:
                logger.warning("%s took %.0f ms", method, seconds * 1000)

    return call


def _refusal(method: str, error: Exception) -> JsonRpcException:
    if isinstance(error, JsonRpcException):
        return error
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
    message = f"{method} failed: {type(error).__name__}: {one_line(str(error))}"
    logger.error("%s (%s)", message, where)
    return JsonRpcInternalError(message=message)
