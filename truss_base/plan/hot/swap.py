"""What a hot swap executes anew and what it carries over, as told to the inference server."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ClassSwap:
    """A class of the model: which statements of its body run, which attributes stay as they are."""

    execute: tuple[int, ...]
    carry: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModuleSwap:
    """A module that gets a new object.

    `execute` are indexes into the body of its new source; `carry` are names that keep their
    object; `carry_from` are names that a function rebinds at run time, taken from its globals.
    """

    name: str
    path: str
    package: bool
    execute: tuple[int, ...]
    carry: tuple[str, ...]
    carry_from: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, ClassSwap] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Swap:
    """Everything that a running model needs to answer as the new version would.

    `affected` are the definitions whose old objects must not live on, by module.
    """

    entry_module: str
    entry_class: str
    modules: tuple[ModuleSwap, ...] = ()
    drop_cached: tuple[str, ...] = ()
    affected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removed_modules: tuple[str, ...] = ()

    def to_wire(self) -> dict[str, Any]:
        """A JSON value."""
        wire = asdict(self)
        entry = {"module": wire.pop("entry_module"), "class": wire.pop("entry_class")}
        return {"entry": entry, **wire}
