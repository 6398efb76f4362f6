"""Fields and the sections they form: the vocabulary in which the config is described."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.kinds import (
    INVALID,
    Kind,
    Maybe,
    closest,
    describe,
    replace_by,
    shorten,
    wrong_key,
    wrong_type,
)

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report
    from truss_base.strategy import Strategy


class _Required:
    """The type of REQUIRED, so that it prints as its name."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()
_MOST_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of a field leads to in a running container, and why."""

    strategy: Strategy
    reason: str


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the config: the single source for hover, completion, docs and the planner.

    `default` is in the form a config file would have. `leads_to` is None where the enclosing
    field's holds; `lookup` fills it in. `since` is a version of truss, "" for ever since. A sparse
    dump of a field with `dump_whole` is complete, of one with `written_only` what was written.
    """

    name: str
    kind: Kind
    doc: str
    default: object = REQUIRED
    leads_to: Effect | None = None
    unit: str = ""
    example: object = None
    since: str = ""
    deprecated: str = ""
    replacement: str = ""
    aliases: tuple[str, ...] = ()
    dump_whole: bool = False
    written_only: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def allowed(self) -> tuple[str, ...]:
        """The allowed values where they can be listed, else empty."""
        return self.kind.choices

    @property
    def section(self) -> Section | Variants | None:
        """The section this field (or each of its entries) holds, if any."""
        return _section_of(self.kind)


class Record(Mapping[str, Any]):
    """The checked values of a section, as a mapping and as attributes.

    `given` names the keys that were written; `extra` holds the unknown ones, unchanged.
    """

    __slots__ = ("extra", "given", "invalid", "section", "values_by_name")

    def __init__(
        self,
        section: Section,
        values: dict[str, Any],
        given: set[str],
        extra: dict[str, Any],
        invalid: set[str],
    ) -> None:
        self.section = section
        self.values_by_name = values
        self.given = given
        self.extra = extra
        self.invalid = invalid

    def __getitem__(self, key: str) -> Any:
        return self.values_by_name[key] if key in self.values_by_name else self.extra[key]

    def __iter__(self) -> Iterator[str]:
        yield from self.values_by_name
        yield from self.extra

    def __len__(self) -> int:
        return len(self.values_by_name) + len(self.extra)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"`{name}` is not a key of {self.section.name}") from None

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self[name]!r}" for name in sorted(self.given))
        return f"<{self.section.name} {shown}>" if shown else f"<{self.section.name}>"

    def is_valid(self, dotted: str) -> bool:
        """Whether no field on the way to `dotted` was refused."""
        record: object = self
        for name in dotted.split("."):
            if not isinstance(record, Record):
                return True
            if name in record.invalid:
                return False
            record = record.values_by_name.get(name)
        return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over several fields; skipped while one it `needs` is itself refused."""

    needs: tuple[str, ...]
    check: Callable[[Record, Path], Iterable[Fault]]


# Runs over the raw mapping before the fields do; may report faults and returns the mapping to use.
Before = Callable[["dict[Any, Any]", "Path", "Report"], "dict[Any, Any]"]


@dataclass(frozen=True, slots=True)
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
        return _index(self).get(name)

    def check(self, value: object, path: Path, report: Report) -> object:
        if isinstance(value, Record):
            value = dict(value)
        if not isinstance(value, Mapping):
            report(wrong_type(value, path, self.phrase))
            return INVALID
        return self.read(dict(value), path, report)

    def read(self, raw: dict[Any, Any], path: Path, report: Report) -> Record:
        """The record of a mapping; whatever is wrong is reported and replaced."""
        if self.before is not None:
            raw = self.before(raw, path, report)
        record = Record(self, {}, set(), {}, set())
        missing = [
            field for field in self.fields if not self._read_field(field, raw, record, path, report)
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
        name = _written_name(field, raw)
        if name is None:
            record.values_by_name[field.name] = default_of(field)
            if field.required:
                record.invalid.add(field.name)
            return not field.required
        record.given.add(field.name)
        value = field.kind.check(raw[name], (*path, name), report)
        if value is INVALID:
            record.invalid.add(field.name)
            value = _stand_in(field, raw[name])
        elif field.deprecated:
            _report_deprecated(field, name, value, path, report)
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
        index = _index(self)
        explained: set[str] = set()
        for key, value in raw.items():
            if not isinstance(key, str):
                report(wrong_key(key, path))
                continue
            field = index.get(key)
            if field is not None and _written_name(field, raw) == key and field in self.fields:
                continue
            if not self.drops_unknown:
                record.extra[key] = value
            if field is not None:
                report(_superseded(field, key, path))
            else:
                explained.update(self._unknown(key, raw, missing, path, report))
        for field in missing:
            if field.name not in explained:
                report(_missing(field, path))

    def _unknown(
        self, key: str, raw: dict[Any, Any], missing: list[Field], path: Path, report: Report
    ) -> Iterator[str]:
        """Reports an unknown key; yields the required field it misspells, if it does."""
        # Nobody misspells in a mapping this large; comparing its keys would take long.
        free = tuple(
            field.name
            for field in (self.fields if len(raw) <= _MOST_COMPARED else ())
            if _written_name(field, raw) is None
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
            report(wrong_type(value, path, self.phrase))
            return INVALID
        if self.tag not in value:
            if self.default is None:
                report(_missing_tag(self, path))
                return INVALID
            return self.sections[self.default].check(value, path, report)
        chosen = value[self.tag]
        section = self.sections.get(chosen) if isinstance(chosen, str) else None
        if section is None:
            report(_unknown_variant(self, chosen, path))
            return INVALID
        return section.check(value, path, report)

    def chosen(self, value: object) -> Section | None:
        """The section meant by a mapping, None while it names none."""
        tag = value.get(self.tag, self.default) if isinstance(value, Mapping) else self.default
        return self.sections.get(tag) if isinstance(tag, str) else None


def default_of(field: Field) -> Any:
    """A fresh default of a field, in checked form; None for a required one."""
    if field.required:
        return None
    if isinstance(field.default, (str, int, float)):
        return field.default
    if isinstance(field.default, list):
        return list(field.default)
    return field.kind.check(field.default, (), _unexpected)


def _unexpected(fault: Fault) -> None:
    raise AssertionError(f"the definitions contradict themselves: {fault.message}")


def _report_deprecated(field: Field, name: str, value: object, path: Path, report: Report) -> None:
    if value == default_of(field):
        return
    instead = f"; use `{field.replacement}`" if field.replacement else ""
    message = f"`{name}` is deprecated: {field.deprecated}{instead}"
    report(Fault((*path, name), "deprecated", message, At.KEY, "hint", tag="deprecated"))


def _superseded(field: Field, key: str, path: Path) -> Fault:
    """A legacy key, which a push refuses, or a second name of a key that is there already."""
    reason = field.deprecated if key == field.name else f"`{field.name}` is given too"
    instead = f"; use `{field.replacement}`" if field.replacement else ""
    message = f"`{key}` is no longer read: {reason}{instead}"
    return Fault((*path, key), "deprecated", message, At.KEY, "warning", tag="deprecated")


def _stand_in(field: Field, written: object) -> Any:
    """What a refused value is replaced by where a config has to be read at all costs."""
    default = default_of(field)
    if isinstance(written, (str, int, float)) and type(written) is type(default):
        return written
    return written if field.required else default


_INDEXES: dict[int, dict[str, Field]] = {}


def _index(section: Section) -> dict[str, Field]:
    index = _INDEXES.get(id(section))
    if index is None:
        index = {field.name: field for field in (*section.fields, *section.legacy)}
        for field in section.fields:
            index.update(dict.fromkeys(field.aliases, field))
        _INDEXES[id(section)] = index
    return index


def _written_name(field: Field, raw: dict[Any, Any]) -> str | None:
    if field.name in raw:
        return field.name
    return next((alias for alias in field.aliases if alias in raw), None)


def _section_of(kind: Kind) -> Section | Variants | None:
    if isinstance(kind, (Section, Variants)):
        return kind
    inner = getattr(kind, "kind", None) or getattr(kind, "entry", None)
    return _section_of(inner) if inner is not None else None


def _missing(field: Field, path: Path) -> Fault:
    where = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this entry"
    message = f"{where} needs `{field.name}`: {field.doc[0].lower()}{field.doc[1:].rstrip('.')}"
    return missing_key(path, field.name, message)


def missing_key(path: Path, name: str, message: str) -> Fault:
    """The fault of a section at `path` without the key `name`."""
    return Fault(path, "missing-key", message, At.KEY, suggestions=(name,), remedy=Remedy.INSERT)


def _missing_tag(variants: Variants, path: Path) -> Fault:
    known = ", ".join(variants.sections)
    message = f"`{path[-1]}` needs `{variants.tag}`: one of {known}"
    return missing_key(path, variants.tag, message)


def _unknown_variant(variants: Variants, chosen: object, path: Path) -> Fault:
    known = tuple(variants.sections)
    message = f"`{variants.tag}` has to be one of {', '.join(known)}, not {describe(chosen)}"
    similar = closest(chosen, known) if isinstance(chosen, str) else ()
    remedy = replace_by(similar)
    return Fault((*path, variants.tag), "value", message, suggestions=similar, remedy=remedy)


def nullable(field: Field) -> bool:
    """Whether the field may be null."""
    return isinstance(field.kind, Maybe)
