"""A synchronous view of the verbs, for scripts and notebooks."""

from __future__ import annotations

import asyncio
import atexit
import threading
from concurrent.futures import TimeoutError as FuturesTimeout
from contextlib import suppress
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from truss_handle import operations
from truss_handle.exceptions import InputInvalid, PredictFailed
from truss_handle.problems import describe
from truss_handle.registry import resolve
from truss_handle.runtimes import NAMES
from truss_handle.values import StartOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from pathlib import Path

    from truss_handle.values import (
        PatchResult,
        PredictResult,
        Progress,
        Running,
        RunningStatus,
    )

_T = TypeVar("_T")
_END_SECONDS = 2.0
_DOCKER_OPTIONS = tuple(field.name for field in fields(StartOptions) if field.name != "runtime")


class TrussHandle:
    """One Truss directory and what runs of it.

    Works wherever Python does, also inside a running event loop (notebooks): the verbs run on a
    loop in a thread of their own. Every exception is a HandleError or a TrussBaseError;
    InputInvalid for a runtime, an option or a payload that cannot be used.
    """

    def __init__(self, path: str | Path, runtime: str = "local") -> None:
        if runtime not in NAMES:
            raise InputInvalid(f"there is no runtime {runtime!r}: choose {' or '.join(NAMES)}")
        self.path = resolve(path)
        self.runtime = runtime

    def __repr__(self) -> str:
        return f"TrussHandle({str(self.path)!r}, runtime={self.runtime!r})"

    def run(self, options: StartOptions | None = None, progress: Progress | None = None) -> Running:
        """Start, or bring what runs to the files on disk; returns once the model is loaded."""
        options = options or StartOptions(runtime=self.runtime)
        return _wait(operations.start(self.path, options, progress))

    def docker_run(self, *, progress: Progress | None = None, **options: Any) -> Running:
        """As `run`, in a container. Keywords: the fields of StartOptions."""
        if unknown := sorted(set(options) - set(_DOCKER_OPTIONS)):
            raise InputInvalid(
                f"no option is named {', '.join(unknown)}; there are {', '.join(_DOCKER_OPTIONS)}"
            )
        return self.run(StartOptions(runtime="docker", **options), progress)

    def docker_predict(
        self, payload: Any, *, progress: Progress | None = None, **options: Any
    ) -> Any:
        """The model's answer from a container that runs the files on disk.

        Starts one when there is none, patches it when the files have changed, and rebuilds it
        when only that realises the change. Raises ModelLoadFailed, PatchFailed, PredictFailed.
        """
        from truss_handle.prediction import require_json  # with it comes the HTTP client

        require_json(payload)  # before anything is built for it
        self.docker_run(progress=progress, **options)
        return _answer(self.predict(payload, runtime="docker"))

    def patch(
        self,
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
        strategy: str = "auto",
    ) -> PatchResult:
        """Bring the running instance to the files on disk; `strategy` as in `operations.patch`."""
        return _wait(
            operations.patch(
                self.path,
                runtime=self.runtime,
                dry_run=dry_run,
                progress=progress,
                strategy=strategy,
            )
        )

    def plan(self) -> dict[str, Any]:
        """What a patch would do, and why."""
        return _wait(operations.plan(self.path, runtime=self.runtime))

    def predict(
        self, payload: Any, *, timeout: float | None = None, runtime: str | None = None
    ) -> PredictResult:
        """Ask the running model; a model's own failure is a result, not an exception."""
        return _wait(
            operations.predict(self.path, payload, runtime=runtime or self.runtime, timeout=timeout)
        )

    def status(self) -> RunningStatus:
        """State of the Truss and of what runs of it."""
        return _wait(operations.status(self.path, runtime=self.runtime))

    def logs(self, *, follow: bool = False, tail: int = 200) -> Iterator[str]:
        """Lines of the model's output; with `follow`, until the server ends."""
        lines = operations.logs(self.path, runtime=self.runtime, follow=follow, tail=tail)
        try:
            while (line := _wait(_next(lines))) is not None:
                yield line
        finally:
            _wait(lines.aclose())

    def rebuild(self, *, progress: Progress | None = None) -> Running:
        """Stop, build anew, and start."""
        return _wait(operations.rebuild(self.path, runtime=self.runtime, progress=progress))

    def stop(self) -> bool:
        """End the instance. False: nothing ran."""
        return _wait(operations.stop(self.path, runtime=self.runtime))


async def _next(lines: AsyncIterator[str]) -> str | None:
    return await anext(lines, None)


def _answer(result: PredictResult) -> Any:
    if not result.ok:
        said = describe(result.model_error) if result.model_error else str(result.body)[:200]
        raise PredictFailed(
            f"the model answered {result.status}: {said}",
            model_error=result.model_error,
            hint="`.model_error` has the model's traceback, `TrussHandle.logs()` its output",
        )
    return result.body


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="control-truss", daemon=True).start()
    atexit.register(_end, loop)
    return loop


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """What belongs to the loop ends with the process: connections are closed, notes written."""
    with suppress(FuturesTimeout):
        asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(_END_SECONDS)


def _wait(verb: Coroutine[Any, Any, _T]) -> _T:
    future = asyncio.run_coroutine_threadsafe(verb, _loop())
    try:
        return future.result()
    except BaseException:
        # A Ctrl-C reaches this thread, not the loop: without this the verb would go on unseen.
        future.cancel()
        raise
