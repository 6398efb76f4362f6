"""One version of the Truss inside the container."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import StateError
from control.plane.releases.manifest import manifest_from_json, manifest_to_json
from truss_base.entry import Entry
from truss_base.exceptions import ConfigError
from truss_base.signature import Signature
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from control.plane.releases.manifest import Manifest

TREE = "tree"
RECORD = "release.json"
COMPLETE_CONFIG = "config.json"
ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Release:
    """An immutable, complete version. `created` is ISO 8601 in UTC; `secrets` are names only.

    `environment` holds the variables it is started with. `environment_id` names the Python
    environment that was installed for it, None the one that the control plane was started with.
    """

    id: str
    root: Path
    hash: str
    created: str
    environment: dict[str, str]
    secrets: list[str]
    manifest: Manifest
    environment_id: str | None = None

    @property
    def tree(self) -> Path:
        """The folder with the Truss's files."""
        return self.root / TREE

    @property
    def config_file(self) -> Path:
        """The complete config as JSON, every key filled in."""
        return self.root / COMPLETE_CONFIG

    def config_text(self) -> str:
        """The text of `config.yaml`."""
        return (self.tree / CONFIG_FILE).read_bytes().decode("utf-8", "replace")

    def signature(self) -> Signature:
        """What a developer's machine diffs against."""
        entries = [
            Entry(
                path,
                record.digest,
                "file" if record.target is None else "symlink",
                record.executable,
                record.size,
                f"{self.tree}/{path}",
                record.target,
            )
            for path, record in self.manifest.items()
        ]
        try:
            return Signature.of_entries(entries)
        except ConfigError:
            # A config that cannot be read names no requirements file; the hashes stay true.
            return Signature({e.path: e.digest for e in entries}, self.config_text(), [])

    def to_json(self) -> dict[str, Any]:
        """What is kept in `release.json`."""
        return {
            "id": self.id,
            "hash": self.hash,
            "created": self.created,
            "environment": self.environment,
            "secrets": self.secrets,
            "files": manifest_to_json(self.manifest),
        }


def read_release(root: Path) -> Release:
    """The release in the folder `root`.

    Raises:
        StateError: it is not complete.
    """
    try:
        value = json.loads((root / RECORD).read_bytes())
        return Release(
            id=value["id"],
            root=root,
            hash=value["hash"],
            created=value["created"],
            environment=value["environment"],
            secrets=value["secrets"],
            manifest=manifest_from_json(value["files"]),
            environment_id=named_environment(root),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(f"The release in {root} is not complete ({error}).") from error


def assigned(release: Release, environment_id: str | None) -> Release:
    """Links a staged release to the environment that it is to run in."""
    link = release.root / ENVIRONMENT
    link.unlink(missing_ok=True)
    if environment_id is not None:
        link.symlink_to(f"../../environments/{environment_id}")
    return replace(release, environment_id=environment_id)


def named_environment(root: Path) -> str | None:
    """The environment that the release in `root` is linked to."""
    try:
        return (root / ENVIRONMENT).readlink().name
    except OSError:
        return None


def new_release_id() -> str:
    """An id that sorts by time and is never given twice."""
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    return f"{stamp}-{secrets.token_hex(6)}"


def now() -> str:
    """The time as the API spells it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
