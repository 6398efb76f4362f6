"""`resources.accelerator`: GPUs, in the short form `H100:2` or as a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.config.containers import Maybe
from truss_base.config.faults import Fault, Remedy
from truss_base.config.field import Field
from truss_base.config.kinds import INVALID, Choice, Integer, replace_by
from truss_base.config.section import Section
from truss_base.config.wording import closest, shorten, wrong_type

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report

ACCELERATORS = (
    "T4", "L4", "A10G", "V100", "A100", "A100_40GB", "H100", "H100_40GB", "H200", "L40S",
    "RTX_PRO_6000", "B10", "B200", "B300", "GB300",
)  # fmt: skip

# Python converts no longer text to an int.
_MOST_DIGITS = 4000


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


ACCELERATOR_MAPPING = Section(
    "accelerator",
    (
        Field("accelerator", Maybe(Choice(ACCELERATORS)), "The type of GPU.", None),
        Field("count", Integer(least=0), "How many GPUs.", 1),
    ),
)


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
            record = ACCELERATOR_MAPPING.read(dict(value), path, report)
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
        if not counts[0].isdecimal() or len(counts[0]) > _MOST_DIGITS or int(counts[0]) <= 0:
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
