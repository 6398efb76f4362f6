"""Inlay hints: defaults that apply, amounts in plain numbers, keys that wait for a patch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsp_server.items import Hint
from truss_base.document import Mapping, Scalar, resolve
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lsp_server.items import Range
    from lsp_server.snapshot import Snapshot
    from truss_base.config import Field
    from truss_base.document import Entry

MOST_DEFAULTS = 4
_UNITS = {"k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_TITLES = {strategy.label: strategy.title for strategy in Strategy}
Said = tuple[str, ...]
"""A label, and perhaps what to say about it; empty where the text says it already."""
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kMGTPE]i?)?")


@dataclass(frozen=True, slots=True)
class Shown:
    """Which kinds of hints the user wants."""

    defaults: bool = True
    amounts: bool = True
    pending: bool = True


def hints(
    snapshot: Snapshot, span: Range, plan: dict[str, Any] | None, shown: Shown
) -> tuple[Hint, ...]:
    """Hints inside a range, in the order of the text; none outside a config."""
    if not snapshot.is_config:
        return ()
    found: list[Hint] = []
    if shown.amounts:
        found += _amounts(snapshot)
    if shown.defaults:
        found += _defaults(snapshot)
    if shown.pending and plan:
        found += _pending(snapshot, plan)
    inside = (hint for hint in found if span.start <= hint.position <= span.end)
    return tuple(sorted(inside, key=lambda hint: hint.position))


# Amounts


def _amounts(snapshot: Snapshot) -> Iterator[Hint]:
    for path, read in _READERS.items():
        entry = snapshot.document.entry(path)
        value = resolve(entry.value) if entry is not None else None
        if isinstance(value, Scalar) and (said := read(value.text)):
            yield Hint(snapshot.position(value.end), *said)


def _bytes(text: str) -> Said:
    """`16Gi` in gigabytes as disks count them; nothing for what says so already."""
    match = _AMOUNT.fullmatch(text)
    unit = match[2] if match else None
    if match is None or not unit or not unit.endswith("i"):
        return ()
    number = float(match[1]) * 1024 ** (list(_UNITS).index(unit[0].replace("K", "k")) + 1)
    shown = f"= {number / 1e9:.3g} GB" if number >= 1e9 else f"= {number / 1e6:.3g} MB"
    return shown, f"{number:,.0f} bytes"


def _cores(text: str) -> Said:
    match = re.fullmatch(r"([0-9]+)m", text)
    return (f"= {int(match[1]) / 1000:g} cores",) if match else ()


def _gpus(text: str) -> Said:
    name, _, count = text.partition(":")
    return (f"{int(count) if count.isdecimal() else 1} × {name}",) if count else ()


_READERS: dict[tuple[str, ...], Callable[[str], Said]] = {
    ("resources", "memory"): _bytes,
    ("resources", "cpu"): _cores,
    ("resources", "accelerator"): _gpus,
}


# Defaults


def _defaults(snapshot: Snapshot) -> Iterator[Hint]:
    """Behind the key of each block that is written: what holds for the keys that are not."""
    from truss_base.config import children

    data = snapshot.document.data
    for entry in _entries(snapshot):
        block = resolve(entry.value)
        if not isinstance(entry.key, Scalar) or not isinstance(block, Mapping) or block.flow:
            continue
        written = {one.key.text for one in block.entries if isinstance(one.key, Scalar)}
        left = [
            f"{field.name}: {field.default}"
            for field in children((entry.key.text,), data)
            if field.name not in written and _worth_saying(field)
        ]
        if left:
            cut = [*left[:MOST_DEFAULTS], "…"] if len(left) > MOST_DEFAULTS else left
            # Behind the colon: what stands there is the end of the key's line.
            yield Hint(snapshot.position(entry.key.end + 1), f"({', '.join(cut)})")


def _entries(snapshot: Snapshot) -> list[Entry]:
    root = snapshot.document.root
    mapping = resolve(root) if root is not None else None
    return mapping.entries if isinstance(mapping, Mapping) else []


def _worth_saying(field: Field) -> bool:
    plain = isinstance(field.default, (str, int, float)) and not isinstance(field.default, bool)
    return plain and field.default != "" and not field.deprecated


# Pending


def _pending(snapshot: Snapshot, plan: dict[str, Any]) -> Iterator[Hint]:
    """At the end of a key's line: it differs from what the container runs, and what that means."""
    for reason in plan.get("reasons") or ():
        subject = str(reason.get("subject", ""))
        if not subject.startswith("config.yaml:"):
            continue
        path = tuple(subject.removeprefix("config.yaml:").split("."))
        entry = snapshot.document.entry(path)
        if entry is not None:
            line = snapshot.lines.line_at(entry.key.start)
            at = snapshot.position(snapshot.lines.span(line)[1])
            title = _TITLES.get(str(reason.get("strategy")), "")
            yield Hint(at, f"not yet patched: {title}", str(reason.get("reason", "")))
