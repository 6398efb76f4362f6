"""One frozen dataclass per type of patch.

On the wire a patch is `{"type": ..., "body": {"action": "ADD"|"UPDATE"|"REMOVE", ...}}`. The bodies
hold the keys of the existing implementation; those that are ours (`mode`, `symlink`, the `content`
of a config) may be left out. Paths are normalised when a patch is made, so that no patch can name
anything above its root.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any, ClassVar, Literal

from truss_base import paths
from truss_base.exceptions import MalformedPatch, PathError

FileType = Literal["model_code", "package", "data", "file"]
CONFIG_PATH = "config.yaml"
MODES = (0o644, 0o755)
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Action(str, Enum):
    """What happens to the subject of a patch."""

    ADD = "ADD"
    UPDATE = "UPDATE"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file: the sha256 of its bytes, and their number."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Blob:
    """A content that travels apart from its patch: its sha256, and what it is put together from.

    Without `chunks` it is sent as a whole. `size` in bytes is None where the sender did not say.
    """

    digest: str
    size: int | None = None
    chunks: tuple[Chunk, ...] = ()

    def __post_init__(self) -> None:
        for digest in (self.digest, *(chunk.digest for chunk in self.chunks)):
            if not _DIGEST.fullmatch(digest):
                raise MalformedPatch(f"{digest[:80]!r} is no sha256: 64 hexadecimal digits")
        whole = sum(chunk.size for chunk in self.chunks)
        if len(self.chunks) == 1 and self.chunks[0].digest != self.digest:
            raise MalformedPatch(f"{self.digest[:12]} is one chunk, which has another sha256")
        if self.chunks and self.size not in (None, whole):
            raise MalformedPatch(f"the chunks have {whole} bytes, the blob has {self.size}")

    def to_wire(self) -> dict[str, Any]:
        """The blob as a JSON value."""
        chunks = [[chunk.digest, chunk.size] for chunk in self.chunks]
        return {"sha256": self.digest, "size": self.size, "chunks": chunks}


@dataclass(frozen=True, slots=True)
class FilePatch:
    """A file or a symbolic link is written or removed.

    `path` is relative to the directory that the type stands for: the config's `model_module_dir`,
    `bundled_packages_dir` or `data_dir`; for `file` the Truss itself. Exactly one of `content`,
    `symlink` and `blob` is given, and none for a removal. `mode` is 0o644, 0o755, or None: as it
    was.

    Raises PathError for a path that leaves, MalformedPatch for fields that contradict.
    """

    type: FileType
    action: Action
    path: str
    content: bytes | None = None
    mode: int | None = None
    symlink: str | None = None
    blob: Blob | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", paths.normalize(self.path))
        sources = (self.content, self.symlink, self.blob)
        given = sum(source is not None for source in sources)
        if self.action is Action.REMOVE and given:
            raise MalformedPatch(f"{self.path} is removed: it cannot have a content as well")
        if self.action is not Action.REMOVE and given != 1:
            raise MalformedPatch(f"{self.path} needs one of a content, a blob and a symbolic link")
        if self.mode not in (None, *MODES):
            raise MalformedPatch(f"{self.path}: the mode must be 644 or 755")
        if self.symlink is not None:
            _check_link(self.path, self.symlink)

    def to_wire(self) -> dict[str, Any]:
        """The patch as a JSON value. Text travels as text, anything else as base64."""
        body: dict[str, Any] = {"action": self.action.value, "path": self.path, "content": None}
        if self.content is not None:
            try:
                body["content"] = self.content.decode()
            except UnicodeDecodeError:
                body["content_bytes"] = base64.b64encode(self.content).decode()
        if self.mode is not None:
            body["mode"] = f"{self.mode:o}"
        if self.symlink is not None:
            body["symlink"] = self.symlink
        if self.blob is not None:
            body["blob"] = self.blob.to_wire()
        return {"type": self.type, "body": body}


@dataclass(frozen=True, slots=True)
class ConfigPatch:
    """`config.yaml` has a new text.

    `config` is the complete dump, every default written out, as JSON can hold it. `content` is the
    text of the file, which says it exactly; the existing implementation sends none.
    """

    type: ClassVar[Literal["config"]] = "config"
    action: Action
    path: str
    config: dict[str, Any]
    content: str | None = None

    def __post_init__(self) -> None:
        if paths.normalize(self.path) != CONFIG_PATH:
            raise PathError(f"path {self.path!r}: a config patch writes {CONFIG_PATH} only")
        object.__setattr__(self, "path", CONFIG_PATH)
        object.__setattr__(self, "config", _json_value(self.config))
        if self.action is Action.REMOVE:
            raise MalformedPatch(f"{CONFIG_PATH} cannot be removed: a Truss needs it")

    def to_wire(self) -> dict[str, Any]:
        """The patch as a JSON value."""
        body = {"path": self.path, "config": self.config, "content": self.content}
        return {"type": self.type, "body": {"action": self.action.value, **body}}


@dataclass(frozen=True, slots=True)
class RequirementPatch:
    """A Python requirement: its line, or what remains to name it when it is removed."""

    type: ClassVar[Literal["python_requirement"]] = "python_requirement"
    action: Action
    requirement: str

    def to_wire(self) -> dict[str, Any]:
        """The patch as a JSON value."""
        body = {"action": self.action.value, "requirement": self.requirement}
        return {"type": self.type, "body": body}


@dataclass(frozen=True, slots=True)
class SystemPackagePatch:
    """A package of the operating system."""

    type: ClassVar[Literal["system_package"]] = "system_package"
    action: Action
    package: str

    def to_wire(self) -> dict[str, Any]:
        """The patch as a JSON value."""
        return {"type": self.type, "body": {"action": self.action.value, "package": self.package}}


@dataclass(frozen=True, slots=True)
class EnvironmentVariablePatch:
    """One environment variable: `item` is `{name: value}`, with the old value for a removal."""

    type: ClassVar[Literal["environment_variable"]] = "environment_variable"
    action: Action
    item: dict[str, str]

    def to_wire(self) -> dict[str, Any]:
        """The patch as a JSON value."""
        return {"type": self.type, "body": {"action": self.action.value, "item": dict(self.item)}}


@dataclass(frozen=True, slots=True)
class ExternalDataPatch:
    """A file to download: `item` holds `url` and `local_data_path` (below the data directory)."""

    type: ClassVar[Literal["external_data"]] = "external_data"
    action: Action
    item: dict[str, Any]

    def __post_init__(self) -> None:
        path = paths.normalize(self.item["local_data_path"])
        object.__setattr__(self, "item", {**self.item, "local_data_path": path})

    def to_wire(self) -> dict[str, Any]:
        """The patch as a JSON value."""
        return {"type": self.type, "body": {"action": self.action.value, "item": dict(self.item)}}


Patch = (
    FilePatch
    | ConfigPatch
    | RequirementPatch
    | SystemPackagePatch
    | EnvironmentVariablePatch
    | ExternalDataPatch
)


def _json_value(value: Any) -> Any:
    """`value` in the types of JSON; what YAML knows and JSON does not becomes text."""
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json_value(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    return value if isinstance(value, float) and isfinite(value) else str(value)


def _check_link(path: str, target: str) -> None:
    # Whether `..` leaves depends on where the link lies: `patch.apply` knows that, this does not.
    if not target or "\0" in target or "\\" in target or not paths.is_utf8(target):
        raise PathError(f"{path}: {target!r} is no target of a symbolic link")
    if target.startswith("/"):
        raise PathError(f"{path} is a symbolic link to {target}, which leads out of the Truss")
