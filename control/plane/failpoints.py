"""Places where a test may kill this process, to prove that every instant is a safe one to die at.

`CONTROL_TRUSS_FAILPOINT=<name>` makes the first passage through that place a real SIGKILL: no
handler, no clean-up, exactly what a power cut or an out-of-memory killer does to a process.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "CONTROL_TRUSS_FAILPOINT"
NAMES = (
    "stage.begun",
    "stage.half",
    "stage.tree",
    "stage.recorded",
    "patch.staged",
    "patch.loaded",
    "commit.linked",
    "commit.renamed",
    "commit.synced",
    "commit.journaled",
    "patch.switched",
)


def reach(name: str) -> None:
    """Ends the process here if this place is armed."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
