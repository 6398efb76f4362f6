"""Places where a test may kill this process, to prove that every instant is a safe one to die at.

`CONTROL_TRUSS_FAILPOINT=<name>` makes the first passage through that place a real SIGKILL: no
handler, no clean-up, exactly what a power cut or an out-of-memory killer does to a process. With
`<name>=stop` it is a SIGSTOP, so that a test may take away whatever else it likes (the inference
server, the disk) before it lets this process go on.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "CONTROL_TRUSS_FAILPOINT"
STOP = "=stop"
NAMES = (
    "stage.created",
    "stage.begun",
    "stage.half",
    "stage.tree",
    "stage.configured",
    "stage.recorded",
    "environment.begun",
    "environment.cloned",
    "environment.installed",
    "environment.recorded",
    "environment.linked",
    "blob.written",
    "blob.synced",
    "blob.renamed",
    "blob.assembled",
    "blob.collected",
    "download.written",
    "download.synced",
    "download.renamed",
    "patch.staged",
    "patch.settled",
    "stop.held",
    "stop.emptied",
    "load.taken",
    "patch.loading",
    "swap.prepared",
    "patch.loaded",
    "commit.begun",
    "commit.linked",
    "commit.renamed",
    "commit.synced",
    "commit.journaled",
    "swap.adopted",
    "swap.committed",
    "patch.switched",
    "settle.begun",
    "settle.loaded",
    "collect.begun",
    "collect.unrecorded",
    "collect.removed",
    "spare.wanted",
    "health.marked",
    "undo.begun",
    "undo.forgotten",
    "undo.journaled",
    "revive.begun",
    "rollback.loaded",
    "rollback.begun",
    "rollback.linked",
    "rollback.renamed",
    "rollback.synced",
    "rollback.journaled",
    "rollback.switched",
    "journal.written",
    "journal.replaced",
)


def reach(name: str) -> None:
    """Ends, or stops, the process here if this place is armed."""
    armed = os.environ.get(VARIABLE)
    if armed == name:
        os.kill(os.getpid(), signal.SIGKILL)
    elif armed == name + STOP:
        # Once: whoever resumes the process has done what is to be survived.
        del os.environ[VARIABLE]
        # To this thread: a signal to the process may let it run on for a while.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
