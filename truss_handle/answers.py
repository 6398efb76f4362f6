"""What an answer of the model holds, in a form that people can read. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

_MSGPACK = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack")
# Truss clients send MessagePack under the name of any bytes.
_BYTES = "application/octet-stream"
_BEGINNING = 16  # bytes that a description quotes


def decoded(content: bytes, content_type: str) -> tuple[str, Any]:
    """The kind of an answer ("json", "msgpack", "text" or "binary") and its content: of the first
    two as a JSON value, of bytes that are none of these a description in one line.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in (*_MSGPACK, _BYTES):
        found = _unpacked(content)
        # Any byte is some number; only a structure shows that it was meant.
        if isinstance(found, dict | list) or media_type in _MSGPACK:
            return "msgpack", found
    try:
        text = content.decode()
    except ValueError:
        return "binary", _description(content, media_type)
    try:
        return "json", json.loads(text)
    except ValueError:
        if "\0" in text:
            return "binary", _description(content, media_type)
        return "text", text


def _description(content: bytes, media_type: str) -> str:
    beginning = content[:_BEGINNING].hex(" ")
    return f"{media_type or 'binary data'}, {len(content)} bytes, beginning with {beginning}"


def _unpacked(content: bytes) -> Any:
    try:
        import msgpack
    except ImportError:
        return None
    try:
        return _readable(msgpack.unpackb(content, strict_map_key=False))
    except Exception:  # msgpack raises its own, ValueError and TypeError for what is none
        return None


def _readable(value: Any) -> Any:
    """As JSON: arrays and other bytes are described."""
    if isinstance(value, Mapping):
        if b"nd" in value and b"data" in value:
            return _array(value)
        return {_key(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, bytes):
        return _description(value, "")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    return repr(value)


def _array(value: Mapping[Any, Any]) -> str:
    """A numpy array as the `msgpack-numpy` package writes it."""
    kind = value.get(b"type", "")
    name = kind.decode() if isinstance(kind, bytes) else str(kind)
    shape = "×".join(str(size) for size in value.get(b"shape", ()))
    return f"array {name} {shape}".strip() if value[b"nd"] else f"scalar {name}"


def _key(key: Any) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
