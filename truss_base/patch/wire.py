"""Patches from JSON values: everything is checked here, before anything is touched."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from truss_base.exceptions import MalformedPatch, PathError, UnknownPatchType
from truss_base.patch.types import (
    CONFIG_PATH,
    Action,
    Blob,
    Chunk,
    ConfigPatch,
    EnvironmentVariablePatch,
    ExternalDataPatch,
    FilePatch,
    FileType,
    Patch,
    RequirementPatch,
    SystemPackagePatch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MODES = {"644": 0o644, "755": 0o755}
_KINDS: dict[type, str] = {str: "text", dict: "an object", list: "a list"}


class _Body:
    """A body being read; every complaint names the key and where it stands."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = values
        self.where = where

    def wrong(self, key: str, what: str) -> MalformedPatch:
        return MalformedPatch(f"{self.where}.body.{key} {what}")

    def required(self, key: str, kind: type) -> Any:
        if key not in self.values:
            raise self.wrong(key, "is missing")
        return self._typed(key, kind)

    def optional(self, key: str, kind: type) -> Any:
        return None if self.values.get(key) is None else self._typed(key, kind)

    def _typed(self, key: str, kind: type) -> Any:
        value = self.values[key]
        if not isinstance(value, kind):
            raise self.wrong(key, f"must be {_KINDS[kind]}, not {_kind(value)}")
        return value

    def action(self) -> Action:
        value = self.required("action", str)
        if value not in Action.__members__:
            raise self.wrong("action", f"must be ADD, UPDATE or REMOVE, not {value!r}")
        return Action(value)


def patches_from_wire(values: object) -> tuple[Patch, ...]:
    """The patches of a request. Raises as `patch_from_wire`, naming `patches[INDEX]`."""
    if not isinstance(values, list):
        raise MalformedPatch(f"patches must be a list, not {_kind(values)}")
    return tuple(
        patch_from_wire(value, where=f"patches[{index}]") for index, value in enumerate(values)
    )


def patch_from_wire(value: object, where: str = "patch") -> Patch:
    """The patch in a JSON value. Keys that a body may not have are left alone: newer clients send
    them.

    Raises UnknownPatchType, or MalformedPatch naming the key below `where`.
    """
    if not isinstance(value, dict):
        raise MalformedPatch(f"{where} must be an object, not {_kind(value)}")
    kind, body = value.get("type"), value.get("body")
    if not isinstance(kind, str):
        raise MalformedPatch(f"{where}.type must be text, not {_kind(kind)}")
    reader = _READERS.get(kind)
    if reader is None:
        known = ", ".join(_READERS)
        raise UnknownPatchType(f"{where}.type {kind!r} is not known here: one of {known}")
    if not isinstance(body, dict):
        raise MalformedPatch(f"{where}.body must be an object, not {_kind(body)}")
    try:
        return reader(_Body(body, where))
    except PathError as error:
        raise MalformedPatch(f"{where}.body: {error}") from error


def _file(kind: FileType) -> Callable[[_Body], FilePatch]:
    def read(body: _Body) -> FilePatch:
        action = body.action()
        path = body.required("path", str)
        if action is Action.REMOVE:
            return FilePatch(kind, action, path)
        link, blob = body.optional("symlink", str), _blob(body)
        content = None if link is not None or blob is not None else _content(body)
        return FilePatch(kind, action, path, content, _mode(body), link, blob)

    return read


def _content(body: _Body) -> bytes:
    text: str | None = body.optional("content", str)
    encoded: str | None = body.optional("content_bytes", str)
    if text is not None and encoded is not None:
        raise body.wrong("content", "and content_bytes are both given: send one of them")
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise body.wrong("content_bytes", "is not base64") from None
    if text is None:
        raise body.wrong("content", "is missing")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise body.wrong("content", "is not valid Unicode: send content_bytes") from None


def _blob(body: _Body) -> Blob | None:
    """The blob, named by its sha256 alone or with its size and its chunks."""
    value = body.values.get("blob")
    if value is None:
        return None
    if isinstance(value, str):
        value = {"sha256": value}
    if not isinstance(value, dict):
        raise body.wrong("blob", f"must be a sha256 or an object, not {_kind(value)}")
    blob = _Body(value, f"{body.where}.body.blob")
    size, chunks = blob.values.get("size"), blob.optional("chunks", list) or []
    if not (size is None or _is_size(size)):
        raise body.wrong("blob.size", "must be a number of bytes")
    if not all(_is_chunk(chunk) for chunk in chunks):
        raise body.wrong("blob.chunks", "must be a list of [sha256, size]")
    return Blob(blob.required("sha256", str), size, tuple(Chunk(*chunk) for chunk in chunks))


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_chunk(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and _is_size(value[1])
    )


def _mode(body: _Body) -> int | None:
    text = body.optional("mode", str)
    if text is not None and text not in _MODES:
        raise body.wrong("mode", f"must be '644' or '755', not {text!r}")
    return None if text is None else _MODES[text]


def _config(body: _Body) -> ConfigPatch:
    path = body.optional("path", str)
    config = body.required("config", dict)
    content = body.optional("content", str)
    return ConfigPatch(body.action(), CONFIG_PATH if path is None else path, config, content)


def _environment_variable(body: _Body) -> EnvironmentVariablePatch:
    item = body.required("item", dict)
    if len(item) != 1:
        raise body.wrong("item", f"must hold exactly one variable, not {len(item)}")
    [(name, value)] = item.items()
    if not name or "=" in name or "\0" in name:
        raise body.wrong("item", f"{name!r} is no name of an environment variable")
    if not isinstance(value, str) or "\0" in value:
        raise body.wrong(f"item.{name}", f"must be text without NUL, not {_kind(value)}")
    return EnvironmentVariablePatch(body.action(), item)


def _external_data(body: _Body) -> ExternalDataPatch:
    item = _Body(body.required("item", dict), f"{body.where}.body.item")
    for key in ("url", "local_data_path"):
        if not isinstance(item.values.get(key), str):
            raise body.wrong(f"item.{key}", "must be text")
    return ExternalDataPatch(body.action(), dict(item.values))


def _requirement(body: _Body) -> RequirementPatch:
    return RequirementPatch(body.action(), body.required("requirement", str))


def _system_package(body: _Body) -> SystemPackagePatch:
    return SystemPackagePatch(body.action(), body.required("package", str))


_READERS: dict[str, Callable[[_Body], Patch]] = {
    "model_code": _file("model_code"),
    "package": _file("package"),
    "data": _file("data"),
    "file": _file("file"),
    "config": _config,
    "python_requirement": _requirement,
    "system_package": _system_package,
    "environment_variable": _environment_variable,
    "external_data": _external_data,
}


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    return _KINDS.get(type(value), "a number")
