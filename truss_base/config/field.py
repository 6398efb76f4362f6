"""Fields: the keys of a config, each with all there is to know about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from truss_base.config.faults import Fault
    from truss_base.config.kinds import Kind
    from truss_base.config.section import Section, Variants
    from truss_base.strategy import Strategy


class _Required:
    """The type of REQUIRED, so that it prints as its name."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of a field leads to in a running container, and why."""

    strategy: Strategy
    reason: str


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the config: the single source for hover, completion, docs and the planner.

    `default` is in the form a config file would have. `leads_to` is None where the enclosing
    field's holds. `lookup` fills it in, and `since`: the version of truss that brought the key in
    this place, "" where that is long ago or not known. A sparse dump of a field with `dump_whole`
    is complete, of one with `written_only` what was written. Files we write never have one that is
    `derived` from others, and always one that was given and has a `moving_default` (another in
    other releases).
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
    derived: bool = False
    moving_default: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def allowed(self) -> tuple[str, ...]:
        """The allowed values where they can be listed, else empty."""
        return self.kind.choices

    @property
    def shown_example(self) -> object:
        """The example, or what else shows what a value looks like; None where nothing does."""
        if self.example is not None:
            return self.example
        if isinstance(self.default, bool):
            return not self.default
        others = [choice for choice in self.allowed if choice != self.default]
        if others and self.allowed != ("true", "false"):
            return others[0]
        if self.allowed:
            return True
        return self.default if isinstance(self.default, (str, int, float)) else None

    @property
    def section(self) -> Section | Variants | None:
        """The section this field (or each of its entries) holds, if any."""
        # Imported here: sections are made of fields.
        from truss_base.config.section import section_of

        return section_of(self.kind)


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


def stand_in(field: Field, written: object) -> Any:
    """What a refused value is replaced by where a config has to be read at all costs."""
    default = default_of(field)
    if isinstance(written, (str, int, float)) and type(written) is type(default):
        return written
    return written if field.required else default


def written_name(field: Field, raw: dict[Any, Any]) -> str | None:
    """The name under which a field is written in a mapping, None where it is not."""
    if field.name in raw:
        return field.name
    return next((alias for alias in field.aliases if alias in raw), None)
