"""What is remembered about a Truss between runs: its last known version, the last payload."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from truss_handle.files import write_json
from truss_handle.known_json import known_json, recalled_json
from truss_handle.registry import id_of

if TYPE_CHECKING:
    from pathlib import Path

    from truss_handle.settings import Settings

_writing = threading.Lock()


class Memory:
    """A small JSON file per resolved directory. Losing it costs convenience, nothing else."""

    def __init__(self, settings: Settings, truss_dir: Path) -> None:
        self._path = settings.memory / f"{id_of(truss_dir, 'any')}.json"

    @property
    def last_hash(self) -> str | None:
        """Hash of the version that ran last."""
        found = self._load().get("hash")
        return found if isinstance(found, str) else None

    def last_input(self) -> tuple[Any] | None:
        """The payload asked with last, in a tuple (None is a payload); None when there is none."""
        stored = self._load()
        return (stored["input"],) if "input" in stored else None

    def remember(self, **facts: Any) -> None:
        """Keep `hash=` or `input=`."""
        with _writing:
            stored = self._load()
            if {**stored, **facts} != stored:
                write_json(self._path, {**stored, **facts})
                self._load()

    def has(self, **facts: Any) -> bool:
        """Whether nothing of this would be new; False where only reading could tell."""
        stored = recalled_json(self._path)
        return isinstance(stored, dict) and {**stored, **facts} == stored

    def _load(self) -> dict[str, Any]:
        found = known_json(self._path)
        return found if isinstance(found, dict) else {}
