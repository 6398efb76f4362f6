"""Records back into plain data, as JSON and YAML can hold it.

Four depths: `complete` has every field, so that a reader needs no defaults; `sparse` leaves out
what equals its default; `written` has only what the config said; `minimal` is for a file: sparse,
and without what is derived from other fields. Each of them reads back as the same config.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from truss_base.config.field import Field, default_of
from truss_base.config.record import Record


class Depth(Enum):
    """How much of a record is dumped."""

    COMPLETE = "complete"
    SPARSE = "sparse"
    WRITTEN = "written"
    MINIMAL = "minimal"


def dump(value: Any, depth: Depth) -> Any:
    """`value` as JSON has it, without any of our types; nothing in it is shared with `value`."""
    if isinstance(value, Record):
        return _dump_record(value, depth)
    if isinstance(value, list) and any(isinstance(entry, Record) for entry in value):
        return [dump(entry, depth) for entry in value]
    if isinstance(value, dict) and any(isinstance(entry, Record) for entry in value.values()):
        return {key: dump(entry, depth) for key, entry in value.items()}
    to_plain = getattr(value, "to_plain", None)
    return to_plain() if to_plain is not None else _json_like(value)


def _json_like(value: Any) -> Any:
    """What YAML has and JSON has not, as JSON has it: dates and binary as text, sets as lists."""
    if isinstance(value, dict):
        return {str(key): _json_like(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json_like(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else value


def _dump_record(record: Record, depth: Depth) -> dict[str, Any]:
    plain = {}
    for field in record.section.fields:
        value = record.values_by_name[field.name]
        if _is_shown(field, value, record, depth):
            plain[field.name] = dump(value, _depth_within(field, depth))
    plain.update((key, _json_like(value)) for key, value in record.extra.items())
    # What is added for readers is not written into files.
    finish = record.section.finish if depth is not Depth.MINIMAL else None
    return finish(plain, record) if finish else plain


def _depth_within(field: Field, depth: Depth) -> Depth:
    if field.dump_whole:
        return Depth.WRITTEN if depth is Depth.MINIMAL else Depth.COMPLETE
    if field.written_only and depth in (Depth.SPARSE, Depth.MINIMAL):
        return Depth.WRITTEN
    return depth


def _is_shown(field: Field, value: Any, record: Record, depth: Depth) -> bool:
    if depth is Depth.MINIMAL:
        pinned = field.moving_default and field.name in record.given
        return pinned or (not field.derived and not _equals_default(field, value))
    if depth is Depth.COMPLETE or field.dump_whole:
        return True
    if depth is Depth.WRITTEN:
        return field.name in record.given
    return not _equals_default(field, value)


def _equals_default(field: Field, value: Any) -> bool:
    if field.required:
        return False
    default = default_of(field)
    if isinstance(value, Record):
        return bool(dump(value, Depth.COMPLETE) == dump(default, Depth.COMPLETE))
    return bool(type(value) is type(default) and value == default)
