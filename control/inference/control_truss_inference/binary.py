"""MessagePack bodies, in the format that Truss clients speak.

Dates, decimals and UUIDs travel as maps with a marker key; numpy arrays as the `msgpack-numpy`
package writes them, without pickled objects. numpy, decimal and uuid are imported only when a value
of theirs arrives.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any, Callable

from .exceptions import InputError
from .imported import is_a
from .schema import dump, is_pydantic

_DATA = b"data"


def pack(value: Any) -> bytes:
    """Raises TypeError for a value that has no MessagePack form."""
    import msgpack

    packed: bytes = msgpack.packb(value, default=_encode)
    return packed


def unpack(body: bytes) -> Any:
    """Raises InputError for a body that is no MessagePack."""
    import msgpack

    try:
        return msgpack.unpackb(body, object_hook=_decode)
    except Exception as exc:  # msgpack raises its own, ValueError, TypeError and the hooks' errors
        raise InputError(f"Invalid MessagePack payload: {exc}") from exc


def _encode(value: Any) -> Any:
    for kind, marker, encode in _TIMES:
        if isinstance(value, kind):
            return {marker: True, _DATA: encode(value)}
    for module, name, marker in _TEXTS:
        if is_a(value, module, name):
            return {marker: True, _DATA: str(value)}
    if is_pydantic(value):
        return dump(value, binary=True)
    if isinstance(value, complex):
        return {b"complex": True, _DATA: repr(value)}
    encoded = _encode_numpy(value)
    if encoded is None:
        raise TypeError(f"An object of type {type(value).__name__} has no MessagePack form.")
    return encoded


def _encode_numpy(value: Any) -> dict[bytes, Any] | None:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.ndarray) and value.dtype.kind not in "OV":
        return {
            b"nd": True,
            b"type": value.dtype.str,
            b"kind": b"",
            b"shape": value.shape,
            _DATA: value.tobytes(),
        }
    if isinstance(value, (numpy.bool_, numpy.number)):
        return {b"nd": False, b"type": value.dtype.str, _DATA: value.tobytes()}
    return None


def _decode(value: dict[Any, Any]) -> Any:
    if _DATA not in value:
        return value
    if b"nd" in value:
        return _decode_numpy(value)
    if b"complex" in value:
        return complex(_text(value[_DATA]))
    for marker, decode in _DECODERS.items():
        if marker in value:
            return decode(value[_DATA])
    return value


def _decode_numpy(value: dict[Any, Any]) -> Any:
    import numpy

    if value.get(b"kind", b"") != b"":
        raise InputError("arrays of objects and records are not accepted")
    array = numpy.frombuffer(value[_DATA], dtype=numpy.dtype(_text(value[b"type"])))
    # A copy: a model may write into its inputs, and the buffer of the body is read-only.
    return array.reshape(value[b"shape"]).copy() if value[b"nd"] else array[0]


def _text(value: Any) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value)


def _timestamp(text: str) -> dt.datetime:
    # `Z` is read by fromisoformat from Python 3.11 only.
    return dt.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


def _write_timestamp(value: dt.datetime) -> str:
    text = value.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def _timedelta(parts: Any) -> dt.timedelta:
    days, seconds, microseconds = parts
    return dt.timedelta(days, seconds, microseconds)


def _decimal(text: str) -> Any:
    import decimal

    return decimal.Decimal(text)


def _uuid(text: str) -> Any:
    import uuid

    return uuid.UUID(text)


# datetime before date: every datetime is a date
_TIMES: tuple[tuple[type, bytes, Callable[[Any], Any]], ...] = (
    (dt.datetime, b"__dt_datetime_iso__", _write_timestamp),
    (dt.date, b"__dt_date_iso__", dt.date.isoformat),
    (dt.time, b"__dt_time_iso__", dt.time.isoformat),
    (dt.timedelta, b"__dt_timedelta__", lambda t: (t.days, t.seconds, t.microseconds)),
)
_TEXTS = (("decimal", "Decimal", b"__decimal__"), ("uuid", "UUID", b"__uuid__"))
_DECODERS: dict[bytes, Callable[[Any], Any]] = {
    b"__dt_datetime_iso__": _timestamp,
    b"__dt_date_iso__": dt.date.fromisoformat,
    b"__dt_time_iso__": dt.time.fromisoformat,
    b"__dt_timedelta__": _timedelta,
    b"__decimal__": _decimal,
    b"__uuid__": _uuid,
}
