"""The story of a state folder: one JSON object per line.

Nothing depends on its last lines: what is live is what `current` names. So they are brought to
disk after a patch was answered, not before.
"""

from __future__ import annotations

import json
import os
from collections import deque
from typing import TYPE_CHECKING, Any

from control.plane.releases.directory import sync_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Event = dict[str, Any]
KEPT_LINES = 1000


class Journal:
    """An append-only file. Shortened to its last lines when it is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.events = deque(_read(path), maxlen=KEPT_LINES)
        self._rewrite()
        self._file = path.open("ab", buffering=0)

    def append(self, event: Mapping[str, Any]) -> None:
        """Writes one event, which outlives this process from now on."""
        self.events.append(dict(event))
        self._file.write(_line(event))

    def sync(self) -> None:
        """Waits until every event outlives the machine as well."""
        os.fsync(self._file.fileno())

    def committed(self) -> list[str]:
        """The releases that were ever live, oldest first."""
        return [event["release"] for event in self.events if event["event"] == "commit"]

    def last_rollback(self) -> Event | None:
        """The rollback that made the live version live, None where a patch did."""
        changes = (e for e in reversed(self.events) if e["event"] in ("commit", "rollback"))
        last = next(changes, None)
        return last if last is not None and last["event"] == "rollback" else None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _rewrite(self) -> None:
        # Also drops a last line that a crash cut short, which the next one would be glued to.
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            file.writelines(_line(event) for event in self.events)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        sync_directory(self._path.parent)


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
