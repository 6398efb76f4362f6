"""The kinds of values a field takes: scalars, lists, mappings, and what may be absent.

`check` converts as the existing loader does and reports every fault it meets; a value that cannot
be used comes back as INVALID, so that rules over several fields can tell it from a default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.lax import to_boolean, to_integer, to_number, to_text

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report


class _Invalid:
    """The type of INVALID, so that it prints as its name."""

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = _Invalid()


class Kind(Protocol):
    """What a field takes."""

    @property
    def phrase(self) -> str:
        """For people, after "has to be": "a whole number"."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values where they are few enough to list, else empty."""

    def check(self, value: object, path: Path, report: Report) -> object:
        """The value as the loader would hold it, or INVALID after reporting why not."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the text of a value, found by a function that knows no paths."""

    message: str
    code: str = "format"
    suggestions: tuple[str, ...] = ()


TextRule = Callable[[str], "Complaint | None"]


def describe(value: object) -> str:
    """A value for people: `the number 4`, `true`, `a list`, `nothing`."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {shorten(str(value))}"
    if isinstance(value, str):
        return f"the text {shorten(value)!r}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if hasattr(value, "isoformat"):
        return f"the date {value}"
    return f"a value of type {type(value).__name__}"


def shorten(text: str, limit: int = 60) -> str:
    """Text cut to `limit` characters, so that a message stays one line."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def wrong_type(value: object, path: Path, phrase: str, remedy: Remedy = Remedy.NONE) -> Fault:
    """The fault of a value of another type."""
    message = f"{_subject(path)} has to be {phrase}, not {describe(value)}"
    return Fault(path, "type", message, remedy=remedy)


def replace_by(suggestions: tuple[str, ...]) -> Remedy:
    """The remedy of a value for which better ones are known, or none."""
    return Remedy.REPLACE if suggestions else Remedy.NONE


def _subject(path: Path) -> str:
    if not path:
        return "the config"
    if isinstance(path[-1], int):
        owner = next((step for step in reversed(path) if isinstance(step, str)), "the list")
        return f"an entry of `{owner}`"
    return f"`{shorten(path[-1])}`"


@dataclass(frozen=True, slots=True)
class Text:
    """Text; `rule` looks at its form, `normal` brings it into one of several equal forms.

    Numbers are refused, as by the existing loader.
    """

    rule: TextRule | None = None
    non_empty: bool = False
    normal: Callable[[str], str] | None = None
    phrase: str = "text"
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: Path, report: Report) -> object:
        text = to_text(value)
        if text is None:
            report(wrong_type(value, path, self.phrase, Remedy.QUOTE))
            return INVALID
        complaint = self._complaint(text, path)
        if complaint is None:
            return self.normal(text) if self.normal else text
        suggestions = complaint.suggestions
        remedy = replace_by(suggestions)
        report(
            Fault(path, complaint.code, complaint.message, suggestions=suggestions, remedy=remedy)
        )
        return INVALID

    def _complaint(self, text: str, path: Path) -> Complaint | None:
        if self.non_empty and not text:
            return Complaint(f"{_subject(path)} must not be empty")
        return self.rule(text) if self.rule else None


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number between `least` and `most` (both included); `strict` takes no text."""

    least: int | None = None
    most: int | None = None
    strict: bool = False
    phrase: str = "a whole number"
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: Path, report: Report) -> object:
        number = self._convert(value)
        if number is None:
            report(wrong_type(value, path, self.phrase))
            return INVALID
        return _bounded(number, self.least, self.most, path, report)

    def _convert(self, value: object) -> int | None:
        if self.strict:
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        return to_integer(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, above `above` (excluded) and up to `most` (included)."""

    above: float | None = None
    most: float | None = None
    strict: bool = False
    phrase: str = "a number"
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: Path, report: Report) -> object:
        number = self._convert(value)
        if number is None:
            report(wrong_type(value, path, self.phrase))
            return INVALID
        if self.above is not None and not number > self.above:
            report(Fault(path, "range", f"{_subject(path)} has to be above {self.above:g}"))
            return INVALID
        return _bounded(number, None, self.most, path, report)

    def _convert(self, value: object) -> float | None:
        if self.strict and (isinstance(value, bool) or not isinstance(value, (int, float))):
            return None
        return to_number(value)


def _bounded(
    number: float, least: float | None, most: float | None, path: Path, report: Report
) -> object:
    if least is not None and number < least:
        limit = f"at least {least}"
    elif most is not None and not number <= most:
        limit = f"at most {most}"
    else:
        return number
    report(Fault(path, "range", f"{_subject(path)} has to be {limit}, not {number}"))
    return INVALID


@dataclass(frozen=True, slots=True)
class Boolean:
    """true or false; 0, 1 and words such as "yes" count, as by the existing loader."""

    phrase: str = "true or false"
    choices: tuple[str, ...] = ("true", "false")

    def check(self, value: object, path: Path, report: Report) -> object:
        flag = to_boolean(value)
        if flag is None:
            report(wrong_type(value, path, self.phrase))
            return INVALID
        return flag


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few texts. `retired` ones are known, and refused by a rule that says why."""

    choices: tuple[str, ...]
    retired: tuple[str, ...] = ()
    any_case: bool = False

    @property
    def phrase(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def check(self, value: object, path: Path, report: Report) -> object:
        text = value.upper() if self.any_case and isinstance(value, str) else value
        if isinstance(text, str) and (text in self.choices or text in self.retired):
            return text
        if not isinstance(value, str):
            report(wrong_type(value, path, self.phrase))
            return INVALID
        message = f"{_subject(path)} cannot be {shorten(value)!r}: {self.phrase}"
        similar = closest(value, self.choices)
        report(Fault(path, "value", message, suggestions=similar, remedy=replace_by(similar)))
        return INVALID


def closest(word: str, known: tuple[str, ...], limit: int = 3) -> tuple[str, ...]:
    """The known words most like `word`, the best first; case and separators hardly count."""
    if len(word) > 80:
        return ()
    plain = {_plain(candidate): candidate for candidate in reversed(known)}
    exact = plain.get(_plain(word))
    if exact is not None:
        return (exact,)
    # Imported here: its cost is only paid for a config with a fault.
    from difflib import get_close_matches

    return tuple(plain[match] for match in get_close_matches(_plain(word), plain, limit, 0.7))


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever YAML can say: the model's own business."""

    phrase: str = "anything"
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: Path, report: Report) -> object:
        return value


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
            report(wrong_type(value, path, self.phrase))
            return INVALID
        entries = [
            self.entry.check(item, (*path, index), report) for index, item in enumerate(value)
        ]
        if self.non_empty and not entries:
            report(Fault(path, "range", f"{_subject(path)} needs at least one entry"))
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
    """A mapping from text to values of one kind, its keys free but for `key_rule`."""

    value: Kind
    key_rule: TextRule | None = None
    choices: tuple[str, ...] = ()

    @property
    def phrase(self) -> str:
        return "a mapping"

    def check(self, value: object, path: Path, report: Report) -> object:
        if not isinstance(value, Mapping):
            report(wrong_type(value, path, self.phrase))
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


def wrong_key(key: object, path: Path) -> Fault:
    """The fault of a key that is no text, such as `1:` or `yes:`."""
    where = f" in {_subject(path)}" if path else ""
    # Such a key cannot be a step of a Path of texts: its position is found by its form.
    step = key if isinstance(key, int) else str(key)
    return Fault((*path, step), "type", f"a key{where} has to be text, not {describe(key)}", At.KEY)
