"""The process itself: its session, its standard streams, its signals and its end."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Callable

FORCED = 130  # exit status after a second signal
_ending = threading.Event()


def lead_session() -> None:
    """Makes the process leader of a session, so that its children can be ended with it."""
    if os.getsid(0) != os.getpid():
        with contextlib.suppress(PermissionError):  # leads a process group: that serves as well
            os.setsid()


def tidy_streams() -> None:
    """Standard output by line and in UTF-8 whatever the locale; a crash shows where it was."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(  # type: ignore[union-attr] # TextIO of a fresh interpreter
            encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # What uvicorn says about a connection is said by our own answers and reports.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)


def on_termination(drain: Callable[[], None]) -> None:
    """Calls `drain` at the first SIGTERM or SIGINT, from a thread; ends at once at the second.

    Works while a `load` blocks, because that runs in a thread.
    """
    seen = threading.Event()
    atexit.register(end_children)  # before the model can register anything: runs last

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if _ending.is_set():
            return  # our own, to the children
        if seen.is_set():
            os._exit(FORCED)
        seen.set()
        threading.Thread(target=drain, name="termination", daemon=True).start()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def end_children() -> None:
    """Asks the children the model left behind to end, as the last thing this process does."""
    if os.getpgrp() == os.getpid():
        _ending.set()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the model may have replaced ours
        os.killpg(os.getpid(), signal.SIGTERM)


def end_after(seconds: float, status: int) -> None:
    """Ends the process in `seconds`, whatever threads of the user's are still running then."""

    def wait() -> None:
        time.sleep(seconds)
        end_now(status)

    threading.Thread(target=wait, name="deadline", daemon=True).start()


def end_now(status: int) -> None:
    """Ends the process without any cleaning up of the user's code."""
    end_children()
    _flush()
    os._exit(status)


def end_group() -> None:
    """Kills the process with all children that share its group: nobody is left to do it."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # the reader has gone, or the user closed it
            continue
