"""The last patches, as `/control/status` shows them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEPT = 50
# Ended for a newer patch, or by whoever sent it: that says nothing about the version.
GIVEN_UP = ("superseded", "interrupted", "abandoned")


class History:
    """Newest last. Filled from the journal at start, so that it outlives the process."""

    def __init__(self, events: Iterable[Mapping[str, Any]]) -> None:
        self._entries = deque((entry for e in events if (entry := _entry(e))), maxlen=KEPT)
        self._failure: dict[str, Any] | None = None
        for entry in self._entries:
            self._judge(entry, None)

    def add(self, entry: dict[str, Any], model_error: Mapping[str, Any] | None = None) -> None:
        """Appends one patch."""
        self._entries.append(entry)
        self._judge(entry, model_error)

    def add_rollback(self, event: Mapping[str, Any], model_error: Mapping[str, Any] | None) -> None:
        """Appends that a version was taken back after it had been applied."""
        self.add(_rollback(event), model_error)

    @property
    def last_failure(self) -> dict[str, Any] | None:
        """The last patch if it failed: `hash`, `at`, `error`, and `model_error` where known.

        After a restart only `model_error` is forgotten.
        """
        return self._failure

    def clear_failure(self) -> None:
        """The live version is what is wanted: what failed before is over."""
        self._failure = None

    def to_list(self) -> list[dict[str, Any]]:
        """Every kept patch."""
        return list(self._entries)

    def _judge(self, entry: dict[str, Any], model_error: Mapping[str, Any] | None) -> None:
        if entry["ok"]:
            self._failure = None
        elif entry.get("error") not in GIVEN_UP:
            self._failure = {key: entry.get(key) for key in ("hash", "at", "error")}
            if model_error is not None:
                self._failure["model_error"] = dict(model_error)


def _entry(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entry of a journal line that ends a patch, None for any other."""
    if event["event"] == "rollback":
        return _rollback(event)
    if event["event"] not in ("commit", "abort") or "strategy" not in event:
        return None
    entry = {key: event[key] for key in ("hash", "strategy", "at", "timings_ms") if key in event}
    if "error" in event:
        entry["error"] = event["error"]
    return {**entry, "ok": event["event"] == "commit"}


def _rollback(event: Mapping[str, Any]) -> dict[str, Any]:
    """The version that was taken back is the one that failed."""
    entry = {key: event.get(key) for key in ("hash", "at", "error")}
    return {**entry, "strategy": "rollback", "timings_ms": {}, "ok": False}
