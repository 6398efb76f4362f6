"""What the control plane's plan says about a swap, as it comes over the control channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping


@dataclass(frozen=True)
class Choice:
    """Of a body of statements: `execute` are indexes into it, `carry` the names whose objects are
    taken over from what serves now."""

    execute: tuple[int, ...]
    carry: tuple[str, ...]

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> Choice:
        return cls(tuple(value["execute"]), tuple(value.get("carry", ())))


@dataclass(frozen=True)
class ModuleSwap:
    """One module that is made anew.

    `carry_from` maps a name to a function of the serving module in whose globals it is found: what
    rebinds it may live in an older namespace. `classes` are those of which only a part is executed.
    """

    name: str
    path: str
    is_package: bool
    choice: Choice
    carry_from: Mapping[str, str]
    classes: Mapping[str, Choice]

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> ModuleSwap:
        classes = value.get("classes", {})
        return cls(
            name=value["name"],
            path=value["path"],
            is_package=bool(value.get("package")),
            choice=Choice.from_wire(value),
            carry_from=dict(value.get("carry_from", {})),
            classes={name: Choice.from_wire(choice) for name, choice in classes.items()},
        )


@dataclass(frozen=True)
class SwapDocument:
    """Everything a swap needs to know. `affected` maps a module to the definitions (top-level
    names, or `Class.method`) whose old objects must not live on."""

    entry_module: str
    entry_class: str
    modules: Mapping[str, ModuleSwap]
    drop_cached: tuple[str, ...]
    affected: Mapping[str, tuple[str, ...]]
    removed_modules: frozenset[str]

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> SwapDocument:
        """Raises KeyError or TypeError for a document that is not complete."""
        modules = [ModuleSwap.from_wire(module) for module in value["modules"]]
        return cls(
            entry_module=value["entry"]["module"],
            entry_class=value["entry"]["class"],
            modules={module.name: module for module in modules},
            drop_cached=tuple(value.get("drop_cached", ())),
            affected={name: tuple(v) for name, v in value.get("affected", {}).items()},
            removed_modules=frozenset(value.get("removed_modules", ())),
        )
