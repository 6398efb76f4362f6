"""What the caller chose for a start, against what the running instance was started with. Pure."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from truss_handle.exceptions import RebuildNeeded
from truss_handle.values import StartOptions

if TYPE_CHECKING:
    from truss_handle.values import Running

_DEFAULT = StartOptions()
# What an instance cannot take on while it runs, and how the command line spells it.
_FIXED = {
    "port": "--port",
    "python": "--python",
    "base_image": "--base-image",
    "load_timeout": "--load-timeout",
}


def port_of(running: Running) -> int | None:
    """The port of its address."""
    return urlsplit(running.url).port


def given(options: StartOptions) -> dict[str, Any]:
    """The choices that differ from the defaults, by name; the runtime is none of them."""
    chosen = {field.name: getattr(options, field.name) for field in fields(StartOptions)}
    return {
        name: value
        for name, value in chosen.items()
        if name != "runtime" and value != getattr(_DEFAULT, name)
    }


def inherited(options: StartOptions, running: Running) -> StartOptions:
    """The caller's choices, and where there are none, those of the instance to be replaced."""
    return replace(_recorded(running), **given(options), runtime=options.runtime)


def refuse_others(options: StartOptions, running: Running) -> None:
    """Raises RebuildNeeded for a choice that what runs was not started with."""
    has = {**_recorded(running).to_details(), "port": port_of(running)}
    wants = options.to_details()
    for name, flag in _FIXED.items():
        if name in given(options) and wants[name] != has[name]:
            raise RebuildNeeded(
                f"{running.truss_dir} runs already, {_started_with(flag, has[name])}",
                hint=f"`control-truss up --rebuild {flag} {_shown(wants[name])}"
                f" {running.truss_dir}` changes that",
            )


def _recorded(running: Running) -> StartOptions:
    return StartOptions.from_details(running.details.get("options", {}))


def _started_with(flag: str, value: Any) -> str:
    return f"started without {flag}" if value is None else f"with {flag} {_shown(value)}"


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
