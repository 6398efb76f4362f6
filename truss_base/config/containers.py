"""Kinds that hold others: what may be null, lists, mappings with free keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.kinds import INVALID, Kind, TextRule
from truss_base.config.lax import to_text
from truss_base.config.wording import subject, wrong_key, wrong_type

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value that may be null."""

    kind: Kind

    @property
    def phrase(self) -> str:
        return self.kind.phrase

    @property
    def choices(self) -> tuple[str, ...]:
        return self.kind.choices

    def check(self, value: object, path: Path, report: Report) -> object:
        return None if value is None else self.kind.check(value, path, report)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, each entry of one kind; `rule` looks at the entries together."""

    entry: Kind
    non_empty: bool = False
    rule: Callable[[list[object], Path], Iterator[Fault]] | None = None
    choices: tuple[str, ...] = ()

    @property
    def phrase(self) -> str:
        return "a list"

    def check(self, value: object, path: Path, report: Report) -> object:
        if not isinstance(value, (list, tuple, set, frozenset)):
            report(wrong_type(value, path, self.phrase, Remedy.LIST))
            return INVALID
        entries = [
            self.entry.check(item, (*path, index), report) for index, item in enumerate(value)
        ]
        if self.non_empty and not entries:
            report(Fault(path, "range", f"{subject(path)} needs at least one entry"))
            return INVALID
        if INVALID in entries:
            return INVALID
        return entries if self._consistent(entries, path, report) else INVALID

    def _consistent(self, entries: list[object], path: Path, report: Report) -> bool:
        faults = list(self.rule(entries, path)) if self.rule else []
        for fault in faults:
            report(fault)
        return not any(fault.severity == "error" for fault in faults)


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from text to values of one kind, its keys free but for `key_rule`.

    `key_pattern` is what a JSON schema can say of the rule, as with `Text`.
    """

    value: Kind
    key_rule: TextRule | None = None
    key_pattern: str = ""
    choices: tuple[str, ...] = ()

    @property
    def phrase(self) -> str:
        return "a mapping"

    def check(self, value: object, path: Path, report: Report) -> object:
        if not isinstance(value, Mapping):
            report(wrong_type(value, path, self.phrase, Remedy.MAPPING))
            return INVALID
        checked: dict[str, object] = {}
        sound = True
        for key, item in value.items():
            name = self._key(key, path, report)
            if name is None:
                sound = False
                continue
            checked[name] = self.value.check(item, (*path, name), report)
            sound = sound and checked[name] is not INVALID
        return checked if sound else INVALID

    def _key(self, key: object, path: Path, report: Report) -> str | None:
        text = to_text(key)
        if text is None:
            report(wrong_key(key, path))
            return None
        complaint = self.key_rule(text) if self.key_rule else None
        if complaint is not None:
            report(Fault((*path, text), complaint.code, complaint.message, At.KEY))
            return None
        return text
