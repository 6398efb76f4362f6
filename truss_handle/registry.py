"""The instances of this user, on disk: one folder each, named after the Truss's resolved path.

A folder holds `instance.json` (the record, written atomically once the server answers), `token`
(0600), `secrets/`, and what the runtime puts there. It stays until the
instance is taken down or replaced: one that ended by itself leaves its evidence there.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truss_handle.files import write_atomic, write_json
from truss_handle.known_json import known_json
from truss_handle.runtimes import NAMES
from truss_handle.values import Running

if TYPE_CHECKING:
    from truss_handle.settings import Settings

_RECORD = "instance.json"
_SOCKETS = "ct-"  # how a control plane's folder of sockets begins; nothing else is removed


def resolve(truss_dir: str | Path) -> Path:
    """The one spelling of a directory: absolute, without links. It need not exist."""
    return Path(truss_dir).expanduser().resolve()


def instance_id(truss_dir: Path, runtime: str) -> str:
    """Stable, readable, and different for different resolved directories.

    "iris-local-5d41402abc4b": folder name, runtime, digest over the path.
    """
    return id_of(resolve(truss_dir), runtime)


@lru_cache(maxsize=64)
def id_of(resolved: Path, runtime: str) -> str:
    """As `instance_id`, of a directory that is resolved."""
    digest = hashlib.sha256(f"{runtime}\0{resolved}".encode("utf-8", "surrogateescape"))
    name = re.sub(r"[^a-z0-9]+", "-", resolved.name.lower()).strip("-")[:40] or "truss"
    return f"{name}-{runtime}-{digest.hexdigest()[:12]}"


def create_token(path: Path) -> None:
    """A fresh 256-bit token in a file only its owner can read."""
    write_atomic(path, secrets.token_hex(32))


class Registry:
    """Reads and writes the records; knows nothing about processes."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.instances

    def directory(self, instance: str) -> Path:
        """The folder of an instance, whether it exists or not."""
        return self._root / instance

    def create(self, instance: str) -> Path:
        """An empty folder for a new instance; what a dead one left there is removed."""
        self.remove(instance)
        directory = self.directory(instance)
        directory.mkdir(mode=0o700, parents=True)
        return directory

    def save(self, running: Running) -> None:
        """Write the record; from here on the instance counts as there."""
        write_json(self.directory(running.id) / _RECORD, _to_record(running))

    def load(self, instance: str) -> Running | None:
        """The record, or None where there is none or it cannot be read."""
        found: Running | None = known_json(_record_of(self._root, instance), _from_record)
        return found

    def remove(self, instance: str) -> None:
        """Forget the instance and everything it kept on disk."""
        directory = self.directory(instance)
        _remove_sockets(directory)
        # The record goes first: a half-removed folder must not look like an instance.
        (directory / _RECORD).unlink(missing_ok=True)
        shutil.rmtree(directory, ignore_errors=True)

    def all(self) -> list[Running]:
        """Every readable record, oldest instance first."""
        found = (self.load(instance) for instance in self.folders())
        return sorted((r for r in found if r is not None), key=lambda r: (r.started_at, r.id))

    def folders(self) -> list[str]:
        """Ids of every folder, also of those without a readable record."""
        try:
            return sorted(entry.name for entry in self._root.iterdir() if entry.is_dir())
        except FileNotFoundError:
            return []

    def find(self, truss_dir: str | Path, runtime: str | None = None) -> Running | None:
        """The record for a directory; of several runtimes, the one started last."""
        return next(iter(self.matching(resolve(truss_dir), runtime)), None)

    def matching(self, resolved: Path, runtime: str | None = None) -> list[Running]:
        """Every record for a resolved directory, the one started last first."""
        names = (runtime,) if runtime else NAMES
        found = [self.load(id_of(resolved, name)) for name in names]
        known = [running for running in found if running is not None]
        if not known:
            self.folders()  # nothing there, or a folder that cannot be used: that raises
        return sorted(known, key=lambda running: running.started_at, reverse=True)


@lru_cache(maxsize=64)  # every save comes by here, twice
def _record_of(root: Path, instance: str) -> Path:
    return root / instance / _RECORD


def _remove_sockets(directory: Path) -> None:
    """The folder outside that a control plane which was killed could not remove."""
    with suppress(OSError):
        folder = (directory / "state" / "sockets").readlink()
        if folder.name.startswith(_SOCKETS):
            shutil.rmtree(folder, ignore_errors=True)


def _to_record(running: Running) -> dict[str, Any]:
    record = asdict(running)
    record["truss_dir"] = str(running.truss_dir)
    record["token_file"] = str(running.token_file) if running.token_file else None
    return record


def _from_record(record: Any) -> Running | None:
    try:
        return Running(
            id=str(record["id"]),
            truss_dir=Path(record["truss_dir"]),
            runtime=str(record["runtime"]),
            url=str(record["url"]),
            token_file=Path(record["token_file"]) if record["token_file"] else None,
            started_at=float(record["started_at"]),
            control=bool(record["control"]),
            details=dict(record["details"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
