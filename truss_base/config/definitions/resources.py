"""`resources`: the machine a Truss runs on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_base.config.containers import ListOf, Maybe
from truss_base.config.definitions.effects import MACHINE
from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.field import Field
from truss_base.config.kinds import INVALID, Boolean, Choice, Complaint, Integer, Text, replace_by
from truss_base.config.lax import to_number
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.wording import closest, shorten, wrong_type

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report

ACCELERATORS = (
    "T4", "L4", "A10G", "V100", "A100", "A100_40GB", "H100", "H100_40GB", "H200", "L40S",
    "RTX_PRO_6000", "B10", "B200", "B300", "GB300",
)  # fmt: skip
MEMORY_UNITS = ("k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")

_MILLI_CPU = re.compile(r"[0-9.]*m")
_MEMORY = re.compile(r"([0-9.]*)([a-zA-Z]+)?")
_SPACED_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*")
_BYTE_UNIT = re.compile(r"([kmgtpe])i?(b|ytes?|bytes?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A kind of GPU and how many of them; prints as a config has it, such as `H100:2`."""

    accelerator: str | None = None
    count: int = 1

    def __str__(self) -> str:
        if self.accelerator is None or self.count <= 0:
            return ""
        return f"{self.accelerator}:{self.count}" if self.count > 1 else self.accelerator

    def __bool__(self) -> bool:
        return self.accelerator is not None

    def to_plain(self) -> str | None:
        """As a config has it; None for no GPU."""
        return str(self) or None


@dataclass(frozen=True, slots=True)
class AcceleratorKind:
    """`TYPE`, `TYPE:COUNT`, a mapping of the two, or null."""

    phrase: str = "a GPU type such as A100 or H100:2"
    choices: tuple[str, ...] = ACCELERATORS

    def check(self, value: object, path: Path, report: Report) -> object:
        if value is None:
            return Accelerator()
        if isinstance(value, Accelerator):
            return value
        if isinstance(value, str):
            return self._parse(value, path, report)
        if isinstance(value, Mapping):
            record = _ACCELERATOR_MAPPING.read(dict(value), path, report)
            if record.invalid:
                return INVALID
            return Accelerator(record["accelerator"], record["count"])
        report(wrong_type(value, path, self.phrase))
        return INVALID

    def _parse(self, text: str, path: Path, report: Report) -> object:
        name, *counts = text.strip().split(":")
        if name not in ACCELERATORS:
            report(_unknown_accelerator(name, counts, path))
            return INVALID
        if len(counts) != 1:
            if counts:
                message = f"only one count is read: `{name}` counts as 1 GPU here"
                report(Fault(path, "ignored", message, severity="warning"))
            return Accelerator(name)
        if not counts[0].isdecimal() or int(counts[0]) <= 0:
            message = f"{shorten(counts[0])!r} is no number of GPUs: a whole number from 1"
            report(Fault(path, "format", message, suggestions=(name,), remedy=Remedy.REPLACE))
            return INVALID
        return Accelerator(name, int(counts[0]))


def _unknown_accelerator(name: str, counts: list[str], path: Path) -> Fault:
    known = ", ".join(ACCELERATORS)
    if not name:
        return Fault(path, "value", f"the type of accelerator is missing: one of {known}")
    similar = closest(name, ACCELERATORS)
    suffix = f":{counts[0]}" if counts else ""
    suggestions = tuple(f"{candidate}{suffix}" for candidate in similar)
    message = f"no accelerator is called {shorten(name)!r}: one of {known}"
    return Fault(path, "value", message, suggestions=suggestions, remedy=replace_by(suggestions))


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


_ACCELERATOR_MAPPING = Section(
    "accelerator",
    (
        Field("accelerator", Maybe(Choice(ACCELERATORS)), "The type of GPU.", None),
        Field("count", Integer(least=0), "How many GPUs.", 1),
    ),
)


def _finish_fabric(plain: dict[str, Any], record: Record) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if value is not None}


FABRIC = Section(
    "fabric",
    (
        Field(
            "use_rdma", Maybe(Boolean()), "Whether nodes talk by remote direct memory access.", None
        ),
        Field(
            "preferences",
            Maybe(ListOf(Text())),
            "The network fabrics that will do, the preferred first; an empty list needs none.",
            None,
            example=["infiniband"],
        ),
    ),
    finish=_finish_fabric,
)


def _drop_computed(raw: dict[Any, Any], path: Path, report: Report) -> dict[Any, Any]:
    """`use_gpu` follows from the accelerator; a value that says otherwise is lost."""
    if "use_gpu" not in raw:
        return raw
    written = raw["use_gpu"]
    has_gpu = bool(raw.get("accelerator"))
    if isinstance(written, bool) and written != has_gpu:
        message = (
            "`use_gpu` has no effect: it follows from `accelerator`, which is not set"
            if written
            else "`use_gpu` has no effect: it follows from `accelerator`, which is set"
        )
        report(
            Fault(
                (*path, "use_gpu"),
                "ignored",
                message,
                At.KEY,
                "warning",
                remedy=Remedy.REMOVE,
                tag="unnecessary",
            )
        )
    return {key: value for key, value in raw.items() if key != "use_gpu"}


def _finish(plain: dict[str, Any], record: Record) -> dict[str, Any]:
    """Existing readers expect `use_gpu`, and no optional key that was not given."""
    for name in ("instance_type", "node_count", "fabric"):
        if not plain.get(name) and not isinstance(plain.get(name), dict):
            plain.pop(name, None)
    return {**plain, "use_gpu": record["accelerator"].accelerator is not None}


RESOURCES = Section(
    "resources",
    (
        Field(
            "cpu",
            Text(cpu_rule, phrase="text such as '2' or 500m"),
            "CPU the model gets, in cores or in thousandths of a core.",
            "1",
            unit="cores, or `m` for thousandths",
            example="500m",
        ),
        Field(
            "memory",
            Text(memory_rule, phrase="text such as 2Gi"),
            "Main memory the model gets.",
            "2Gi",
            unit="bytes, or with a unit (Ki Mi Gi Ti Pi Ei, k M G T P E)",
            example="16Gi",
        ),
        Field(
            "accelerator",
            AcceleratorKind(),
            "The GPU type, with `:COUNT` for more than one.",
            None,
            example="H100:2",
        ),
        Field(
            "instance_type",
            Maybe(Text()),
            "The exact instance type; `cpu`, `memory` and `accelerator` are then ignored.",
            None,
            example="L4:4x16",
        ),
        Field(
            "node_count",
            Maybe(Integer(least=1, strict=True)),
            "How many nodes one deployment spans.",
            None,
            unit="nodes",
            example=2,
        ),
        Field(
            "fabric",
            Maybe(FABRIC),
            "What the network between nodes has to offer.",
            None,
            since="0.18",
        ),
    ),
    rules=(Rule(("cpu", "memory"), sanity),),
    before=_drop_computed,
    finish=_finish,
    legacy=(
        Field(
            "use_gpu",
            Boolean(),
            "Follows from `accelerator`; what is written here has no effect.",
            False,
            leads_to=MACHINE,
            deprecated="computed from `accelerator`",
            replacement="accelerator",
        ),
    ),
)
