"""Sections: mappings with known keys, and the rules over several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.field import REQUIRED, Field, default_of, stand_in, written_name
from truss_base.config.kinds import INVALID, Choice, Kind
from truss_base.config.record import Record
from truss_base.config.section_faults import (
    missing_field,
    missing_tag,
    report_deprecated,
    superseded,
    unknown_variant,
)
from truss_base.config.wording import closest, shorten, wrong_key, wrong_type

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report


_MOST_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over several fields; skipped while one it `needs` is itself refused."""

    needs: tuple[str, ...]
    check: Callable[[Record, Path], Iterable[Fault]]


# Runs over the raw mapping before the fields do; may report faults and returns the mapping to use.
Before = Callable[["dict[Any, Any]", "Path", "Report"], "dict[Any, Any]"]


@dataclass(frozen=True)
class Section:
    """A mapping with known keys. Unknown keys are kept (or dropped), and reported as warnings.

    `before` sees the raw mapping first, `settle` derives values after the fields are read, `rules`
    then look at several fields, `finish` shapes a dump.
    """

    name: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    before: Before | None = None
    settle: Callable[[Record], None] | None = None
    finish: Callable[[dict[str, Any], Record], dict[str, Any]] | None = None
    legacy: tuple[Field, ...] = ()
    drops_unknown: bool = False
    choices: tuple[str, ...] = ()

    @property
    def phrase(self) -> str:
        return "a mapping"

    def field(self, name: str) -> Field | None:
        """The field called `name`, its legacy names and aliases included."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        index = {field.name: field for field in (*self.fields, *self.legacy)}
        for field in self.fields:
            index.update(dict.fromkeys(field.aliases, field))
        return index

    def _is_current(self, field: Field) -> bool:
        return field.name in self._unwritten

    @cached_property
    def _unwritten(self) -> dict[str, Any]:
        """What a record of nothing holds, in the order of the fields; what it would have to own
        is not in it yet."""
        return {field.name: self._shared.get(field.name) for field in self.fields}

    @cached_property
    def _shared(self) -> dict[str, Any]:
        """The defaults that nobody can change, of fields that have one name.

        Most keys of most configs are not written: this is what reading one costs then.
        """
        plain = (field for field in self.fields if not field.required and not field.aliases)
        defaults = {field.name: default_of(field) for field in plain}
        unchanging = (str, int, float, type(None))
        return {name: value for name, value in defaults.items() if isinstance(value, unchanging)}

    def check(self, value: object, path: Path, report: Report) -> object:
        if isinstance(value, Record):
            value = value.written()
        if not isinstance(value, Mapping):
            report(wrong_type(value, path, self.phrase, Remedy.MAPPING))
            return INVALID
        return self.read(dict(value), path, report)

    def read(self, raw: dict[Any, Any], path: Path, report: Report) -> Record:
        """The record of a mapping; whatever is wrong is reported and replaced."""
        if self.before is not None:
            raw = self.before(raw, path, report)
        record = Record(self, self._unwritten.copy(), set(), {}, set())
        shared = self._shared
        told = [field for field in self.fields if field.name in raw or field.name not in shared]
        missing = [
            field for field in told if not self._read_field(field, raw, record, path, report)
        ]
        self._read_rest(raw, record, missing, path, report)
        if self.settle is not None:
            self.settle(record)
        self._apply_rules(record, path, report)
        return record

    def _read_field(
        self, field: Field, raw: dict[Any, Any], record: Record, path: Path, report: Report
    ) -> bool:
        """Reads one field into the record; False when it is required and absent."""
        name = written_name(field, raw)
        if name is None:
            record.values_by_name[field.name] = default_of(field)
            if field.required:
                record.invalid.add(field.name)
            return not field.required
        record.given.add(field.name)
        value = field.kind.check(raw[name], (*path, name), report)
        if value is INVALID:
            record.invalid.add(field.name)
            value = stand_in(field, raw[name])
        elif field.deprecated:
            report_deprecated(field, name, value, path, report)
        record.values_by_name[field.name] = value
        return True

    def _read_rest(
        self,
        raw: dict[Any, Any],
        record: Record,
        missing: list[Field],
        path: Path,
        report: Report,
    ) -> None:
        explained: set[str] = set()
        for key, value in raw.items():
            if not isinstance(key, str):
                report(wrong_key(key, path))
                continue
            field = self._by_name.get(key)
            if field is not None and self._is_current(field) and written_name(field, raw) == key:
                continue
            if not self.drops_unknown:
                record.extra[key] = value
            if field is not None:
                report(superseded(field, key, path))
            else:
                explained.update(self._unknown(key, raw, missing, path, report))
        for field in missing:
            if field.name not in explained:
                report(missing_field(field, path))

    def _unknown(
        self, key: str, raw: dict[Any, Any], missing: list[Field], path: Path, report: Report
    ) -> Iterator[str]:
        """Reports an unknown key; yields the required field it misspells, if it does."""
        # Nobody misspells in a mapping this large; comparing its keys would take long.
        free = tuple(
            field.name
            for field in (self.fields if len(raw) <= _MOST_COMPARED else ())
            if written_name(field, raw) is None
        )
        similar = closest(key, free)
        where, remedy = (*path, key), Remedy.RENAME if similar else Remedy.NONE
        if similar and similar[0] in {field.name for field in missing}:
            message = f"`{shorten(key)}` is no key of {self.name}, which needs `{similar[0]}`"
            report(Fault(where, "unknown-key", message, At.KEY, "error", similar, remedy))
            yield similar[0]
            return
        hint = f": did you mean `{similar[0]}`?" if similar else ""
        message = f"`{shorten(key)}` is no key of {self.name}{hint}"
        report(Fault(where, "unknown-key", message, At.KEY, "warning", similar, remedy))

    def _apply_rules(self, record: Record, path: Path, report: Report) -> None:
        for rule in self.rules:
            if all(record.is_valid(name) for name in rule.needs):
                for fault in rule.check(record, path):
                    report(fault)


@dataclass(frozen=True, slots=True)
class Variants:
    """A mapping whose `tag` key decides which section it is."""

    name: str
    tag: str
    sections: Mapping[str, Section]
    default: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def phrase(self) -> str:
        return "a mapping"

    def check(self, value: object, path: Path, report: Report) -> object:
        if not isinstance(value, Mapping):
            report(wrong_type(value, path, self.phrase, Remedy.MAPPING))
            return INVALID
        if self.tag not in value:
            if self.default is None:
                report(missing_tag(self, path))
                return INVALID
            return self.sections[self.default].check(value, path, report)
        chosen = value[self.tag]
        section = self.sections.get(chosen) if isinstance(chosen, str) else None
        if section is None:
            report(unknown_variant(self, chosen, path))
            return INVALID
        return section.check(value, path, report)

    def variant(self, value: object) -> Section:
        """The section meant by a mapping, the first while it names none."""
        return self.chosen(value) or next(iter(self.sections.values()))

    def in_any(self, field: Field) -> Field:
        """A field of one of the sections; the one that decides has the names of all for values."""
        if field.name != self.tag:
            return field
        default = REQUIRED if self.default is None else self.default
        return replace(field, kind=Choice(tuple(self.sections)), default=default)

    def chosen(self, value: object) -> Section | None:
        """The section meant by a mapping, None while it names none."""
        tag = value.get(self.tag, self.default) if isinstance(value, Mapping) else self.default
        return self.sections.get(tag) if isinstance(tag, str) else None


def section_of(kind: Kind) -> Section | Variants | None:
    """The section in a kind, whatever holds it."""
    if isinstance(kind, (Section, Variants)):
        return kind
    inner = getattr(kind, "kind", None) or getattr(kind, "entry", None)
    return section_of(inner) if inner is not None else None
