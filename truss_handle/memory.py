"""What is remembered about a Truss between runs: its last known version, the last payload."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truss_handle.files import read_json, write_json
from truss_handle.registry import instance_id

if TYPE_CHECKING:
    from truss_handle.settings import Settings

Stamp = tuple[int, int, int]

# What was read last, by file. Every prediction wants to know whether its payload is a new one.
_read: OrderedDict[Path, tuple[Stamp, dict[str, Any]]] = OrderedDict()
_IN_MEMORY, _LARGE = 8, 1 << 20
_writing = threading.Lock()


class Memory:
    """A small JSON file per directory. Losing it costs convenience, nothing else."""

    def __init__(self, settings: Settings, truss_dir: Path) -> None:
        self._path = settings.memory / f"{instance_id(truss_dir, 'any')}.json"

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
        stamp, stored = _read.get(self._path, (None, {}))
        return {**stored, **facts} == stored and stamp == self._stamp()

    def _load(self) -> dict[str, Any]:
        stamp = self._stamp()  # before reading: of what is replaced meanwhile it is too old
        known, stored = _read.get(self._path, (None, {}))
        if stamp is not None and stamp == known:
            return stored
        found = read_json(self._path)
        stored = found if isinstance(found, dict) else {}
        if stamp is not None and stamp[-1] < _LARGE:
            _read[self._path] = stamp, stored
            if len(_read) > _IN_MEMORY:
                _read.popitem(last=False)
        return stored

    def _stamp(self) -> Stamp | None:
        try:
            state = self._path.stat()
        except OSError:
            return None
        return state.st_ino, state.st_mtime_ns, state.st_size
