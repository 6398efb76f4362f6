"""The last patches, as `/control/status` shows them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEPT = 50


class History:
    """Newest last. Filled from the journal at start, so that it outlives the process."""

    def __init__(self, events: Iterable[Mapping[str, Any]]) -> None:
        self._entries = deque((entry for e in events if (entry := _entry(e))), maxlen=KEPT)

    def add(self, entry: dict[str, Any]) -> None:
        """Appends one patch."""
        self._entries.append(entry)

    def to_list(self) -> list[dict[str, Any]]:
        """Every kept patch."""
        return list(self._entries)


def _entry(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entry of a journal line that ends a patch, None for any other."""
    if event["event"] not in ("commit", "abort") or "strategy" not in event:
        return None
    entry = {key: event[key] for key in ("hash", "strategy", "at", "timings_ms") if key in event}
    if "error" in event:
        entry["error"] = event["error"]
    return {**entry, "ok": event["event"] == "commit"}
