"""Amounts of CPU and memory, as Kubernetes writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from truss_base.config.faults import Fault
from truss_base.config.kinds import Complaint
from truss_base.config.lax import NUMBER_PATTERN, to_number
from truss_base.config.record import Record
from truss_base.config.wording import shorten

if TYPE_CHECKING:
    from truss_base.config.faults import Path

MEMORY_UNITS = ("k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
CPU_PATTERN = rf"^(?:[0-9.]*m|{NUMBER_PATTERN})$"
MEMORY_PATTERN = rf"^(?:[0-9.]*(?:{'|'.join(MEMORY_UNITS)})|{NUMBER_PATTERN})$"
_MILLI_CPU = re.compile(r"[0-9.]*m")
_MEMORY = re.compile(r"([0-9.]*)([a-zA-Z]+)?")
_SPACED_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*")
_BYTE_UNIT = re.compile(r"([kmgtpe])i?(?:b|bytes?)?", re.IGNORECASE)


def cpu_rule(text: str) -> Complaint | None:
    """A number of cores, or thousandths of one with `m`."""
    if _is_float(text) or _MILLI_CPU.fullmatch(text):
        return None
    message = f"{shorten(text)!r} is no amount of CPU: cores such as '2', or '500m' for half a core"
    match = _SPACED_QUANTITY.fullmatch(text)
    if match is None:
        return Complaint(message)
    suffix = "m" if match[2] == "m" else ""
    suggestions = (f"{match[1]}{suffix}",) if match[2].lower() in ("", "m", "cores", "core") else ()
    return Complaint(message, suggestions=() if match[2] == "M" else suggestions)


def memory_rule(text: str) -> Complaint | None:
    """A number of bytes, or a number with a unit."""
    if _is_float(text):
        return None
    match = _MEMORY.fullmatch(text)
    if match is not None and match[2] in MEMORY_UNITS:
        return None
    units = ", ".join(MEMORY_UNITS)
    message = f"{shorten(text)!r} is no amount of memory: a number with one of {units}"
    return Complaint(message, suggestions=_memory_suggestions(text))


def _memory_suggestions(text: str) -> tuple[str, ...]:
    match = _SPACED_QUANTITY.fullmatch(text)
    unit = _BYTE_UNIT.fullmatch(match[2]) if match else None
    if match is None or unit is None:
        return ()
    return (f"{match[1]}{unit[1].upper()}i",)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def sanity(record: Record, path: Path) -> Iterator[Fault]:
    """Amounts the loader takes although nothing can come of them."""
    for name, unit in (("cpu", "m"), ("memory", "")):
        text = record[name]
        amount = to_number(text.rstrip("".join(MEMORY_UNITS) + unit))
        if amount is None or not 0 < amount < float("inf"):
            message = f"{shorten(text)!r} is no useful amount for `{name}`"
            yield Fault((*path, name), "range", message, severity="warning")
