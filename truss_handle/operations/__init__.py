"""The verbs: one async function each, for the command line, Python callers and the editor.

Nothing here blocks the event loop: a Truss is read in threads, tools run as subprocesses. Small
files of our own are read on the spot: a thread takes longer to wake than that does.
`runtime=None` means whichever runs; where several do, the one started last.
"""

from __future__ import annotations

from truss_handle.operations.asking import PREDICT_PATH, predict, predict_input
from truss_handle.operations.changing import patch, plan, prepare
from truss_handle.operations.lifecycle import rebuild, start, stop
from truss_handle.operations.seeing import (
    find,
    list_running,
    logs,
    packages,
    status,
    watch_status,
)
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

__all__ = [
    "PREDICT_PATH",
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
    "packages",
    "patch",
    "plan",
    "predict",
    "predict_input",
    "prepare",
    "rebuild",
    "start",
    "status",
    "stop",
    "watch_status",
]
