"""The verbs: one async function each, for the command line, Python callers and the editor.

Nothing here blocks the event loop: files are read in threads, tools run as subprocesses.
`runtime=None` means whichever runs; where several do, the one started last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_handle.values import (
    PatchResult,
    PredictInput,
    PredictResult,
    Progress,
    ProgressEvent,
    Running,
    RunningStatus,
    StartOptions,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = [
    "PatchResult",
    "PredictInput",
    "PredictResult",
    "Progress",
    "ProgressEvent",
    "Running",
    "RunningStatus",
    "StartOptions",
    "find",
    "list_running",
    "logs",
    "patch",
    "plan",
    "predict",
    "predict_input",
    "rebuild",
    "start",
    "status",
    "stop",
]

PREDICT_PATH = "/v1/models/model:predict"


async def start(
    truss_dir: str | Path,
    options: StartOptions = StartOptions(),  # noqa: B008 - frozen
    progress: Progress | None = None,
) -> Running:
    """Run the Truss and return once its model is loaded.

    Already running on the same files: that instance. On other files: patched, or rebuilt where a
    patch cannot do it. Raises ModelLoadFailed (.model_error; a control Truss then stays up, so
    that a patch can repair it), StartFailed, MachineProblem, NotATruss, ConfigError.
    """
    raise NotImplementedError


async def stop(truss_dir: str | Path, *, runtime: str | None = None) -> bool:
    """End every instance of the Truss and remove its state. False: nothing ran."""
    raise NotImplementedError


async def patch(
    truss_dir: str | Path,
    *,
    runtime: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> PatchResult:
    """Bring the running instance to the files on disk.

    Raises NotRunning, NotControlTruss, RebuildNeeded (.reasons), PatchRefused,
    PatchFailed (.model_error; the old version still answers).
    """
    raise NotImplementedError


async def plan(truss_dir: str | Path, *, runtime: str | None = None) -> dict[str, Any]:
    """What a patch would do: {strategy, title, upper_bound, reasons, changed, hash, prev_hash}.

    Exact where a control plane runs; otherwise, against the last known version, an upper bound.
    """
    raise NotImplementedError


async def predict(
    truss_dir: str | Path,
    payload: Any,
    *,
    runtime: str | None = None,
    timeout: float | None = None,
    path: str = PREDICT_PATH,
) -> PredictResult:
    """Ask the running model. Raises NotRunning, ServerUnavailable, PredictTimeout."""
    raise NotImplementedError


async def predict_input(truss_dir: str | Path) -> PredictInput:
    """A payload to offer: the last one used, else the Truss's own example, else {}."""
    raise NotImplementedError


async def status(truss_dir: str | Path, *, runtime: str | None = None) -> RunningStatus:
    """State of the Truss and of what runs of it. Nothing runs: state "stopped"."""
    raise NotImplementedError


def logs(
    truss_dir: str | Path, *, runtime: str | None = None, follow: bool = False, tail: int = 200
) -> AsyncIterator[str]:
    """Lines of the model's output, oldest first. Raises NotRunning on the first step."""
    raise NotImplementedError


async def rebuild(
    truss_dir: str | Path, *, runtime: str | None = None, progress: Progress | None = None
) -> Running:
    """Stop, build the environment anew from the files on disk, and start.

    Raises what `start` and `stop` raise; NotRunning where nothing runs.
    """
    raise NotImplementedError


async def list_running() -> list[RunningStatus]:
    """Every instance of this user, oldest first; leftovers of dead ones are cleaned up."""
    raise NotImplementedError


def find(truss_dir: str | Path, runtime: str | None = None) -> Running | None:
    """The record of the running instance, without asking it anything."""
    raise NotImplementedError
