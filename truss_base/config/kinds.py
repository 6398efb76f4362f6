"""The kinds of values a field takes, and the scalar ones.

`check` converts as the existing loader does and reports every fault it meets; a value that cannot
be used comes back as INVALID, so that rules over several fields can tell it from a default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from truss_base.config.faults import Fault, Remedy
from truss_base.config.lax import to_boolean, to_integer, to_number, to_text
from truss_base.config.wording import closest, shorten, subject, wrong_type

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


def replace_by(suggestions: tuple[str, ...]) -> Remedy:
    """The remedy of a value for which better ones are known, or none."""
    return Remedy.REPLACE if suggestions else Remedy.NONE


@dataclass(frozen=True, slots=True)
class Text:
    """Text; `rule` looks at its form, `normal` brings it into one of several equal forms.

    Numbers are refused, as by the existing loader. `pattern` is what a JSON schema can say of the
    rule: a regular expression of ECMA 262 that is found in whatever the rule accepts.
    """

    rule: TextRule | None = None
    non_empty: bool = False
    normal: Callable[[str], str] | None = None
    phrase: str = "text"
    pattern: str = ""
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
            return Complaint(f"{subject(path)} must not be empty")
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
            report(Fault(path, "range", f"{subject(path)} has to be above {self.above:g}"))
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
    report(Fault(path, "range", f"{subject(path)} has to be {limit}, not {number}"))
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
        message = f"{subject(path)} cannot be {shorten(value)!r}: {self.phrase}"
        similar = closest(value, self.choices)
        report(Fault(path, "value", message, suggestions=similar, remedy=replace_by(similar)))
        return INVALID


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever YAML can say: the model's own business."""

    phrase: str = "anything"
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: Path, report: Report) -> object:
        return value
