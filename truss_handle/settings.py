"""Where this package keeps things on a developer's machine, and the names that change it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "control-truss"


@dataclass(frozen=True, slots=True)
class Settings:
    """Two folders: `home` holds what must not be lost, `cache` what can be made again."""

    home: Path
    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """CONTROL_TRUSS_HOME and CONTROL_TRUSS_CACHE, else the XDG base directories."""
        environ = os.environ if environ is None else environ
        return cls(
            home=_folder(environ, "CONTROL_TRUSS_HOME", "XDG_STATE_HOME", ".local/state"),
            cache=_folder(environ, "CONTROL_TRUSS_CACHE", "XDG_CACHE_HOME", ".cache"),
        )

    @property
    def instances(self) -> Path:
        """One folder per running instance."""
        return self.home / "instances"

    def lock_of(self, instance: str) -> Path:
        """Lock file of an instance; outside its folder, because a stop removes that."""
        return self.home / "locks" / f"{instance}.lock"

    @property
    def memory(self) -> Path:
        """What is remembered per Truss between runs."""
        return self.home / "memory"

    @property
    def environments(self) -> Path:
        """Virtual environments, keyed by their content."""
        return self.cache / "environments"

    @property
    def bundles(self) -> Path:
        """Copies of the code that runs beside a model, keyed by its content."""
        return self.cache / "bundles"

    @property
    def signatures(self) -> Path:
        """Signatures by Truss hash."""
        return self.cache / "signatures"

    @property
    def trees(self) -> Path:
        """What was known of each Truss's files when they were last read."""
        return self.cache / "trees"


def _folder(environ: Mapping[str, str], ours: str, xdg: str, fallback: str) -> Path:
    if chosen := environ.get(ours):
        return Path(chosen).expanduser().absolute()
    base = environ.get(xdg, "")
    # The XDG specification tells programs to ignore relative paths.
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / fallback
    return root / _NAME
