"""The values of a section, once checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from truss_base.config.section import Section


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

    def written(self) -> dict[str, Any]:
        """What was said of the section, without the defaults: to say the same elsewhere."""
        said = {
            name: self.values_by_name[name] for name in self.values_by_name if name in self.given
        }
        return {**said, **self.extra}

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
