"""The story of a state folder: one JSON object per line.

Nothing depends on its last lines: what is live is what `current` names. So they are brought to
disk after a patch was answered, not before, and a disk that takes none of them stops nothing.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from control.plane.failpoints import reach
from control.plane.releases.syncing import sync_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Event = dict[str, Any]
# Enough for the history that the status shows, three lines each.
KEPT_LINES = 200


class Journal:
    """An append-only file, shortened to its last lines now and then. Used by several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self.events = deque(_read(path), maxlen=KEPT_LINES)
        self._shorten()
        self._file = path.open("ab", buffering=0)
        self._lines = len(self.events)
        self._is_torn = False

    def append(self, event: Mapping[str, Any]) -> None:
        """Writes one event, which outlives this process from now on.

        Raises:
            OSError: the disk does not take it; only this process knows of it.
        """
        with self._mutex:
            self.events.append(dict(event))
            # A line that the disk took half of must not be glued to the next one.
            line = b"\n" * self._is_torn + _line(event)
            self._is_torn = True
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            self._is_torn = False
            self._lines += 1

    def sync(self) -> None:
        """Waits until every event outlives the machine as well; bounds the file."""
        with self._mutex:
            # Whoever appends meanwhile should not have to wait for the disk.
            descriptor = os.dup(self._file.fileno())
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with self._mutex:
            if self._lines > 2 * KEPT_LINES and self._shorten():
                self._file.close()
                self._file = self._path.open("ab", buffering=0)
                self._lines = len(self.events)

    def committed(self) -> list[str]:
        """The releases that were ever live, oldest first."""
        return [event["release"] for event in list(self.events) if event["event"] == "commit"]

    def unfinished(self) -> list[str]:
        """The releases of patches that were begun, and neither committed nor aborted."""
        events = list(self.events)
        ended = {event["release"] for event in events if event["event"] in ("commit", "abort")}
        begun = [event["release"] for event in events if event["event"] == "begin"]
        return [release for release in begun if release not in ended]

    def last_rollback(self) -> Event | None:
        """The rollback that made the live version live, None where a patch did."""
        changes = (e for e in reversed(list(self.events)) if e["event"] in ("commit", "rollback"))
        last = next(changes, None)
        return last if last is not None and last["event"] == "rollback" else None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _shorten(self) -> bool:
        """Also drops a last line that a crash cut short. Whether the disk took it."""
        new = self._path.with_suffix(".new")
        try:
            with new.open("wb") as file:
                file.writelines(_line(event) for event in self.events)
                file.flush()
                os.fsync(file.fileno())
            reach("journal.written")
            new.replace(self._path)
            reach("journal.replaced")
            sync_directory(self._path.parent)
        except OSError:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
            return False
        return True


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def _read(path: Path) -> list[Event]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    events = []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "event" in event and "release" in event:
            events.append(event)
    return events
