"""The places where a Truss can run, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_handle.exceptions import InputInvalid

if TYPE_CHECKING:
    from truss_handle.runtimes.base import Runtime
    from truss_handle.settings import Settings

NAMES = ("local", "docker")


def runtime_named(name: str, settings: Settings) -> Runtime:
    """The runtime of that name. Raises InputInvalid."""
    # Imported when used: the engine's client is slow to import and may not be installed.
    if name == "local":
        from truss_handle.runtimes.local import LocalRuntime

        return LocalRuntime(settings)
    if name == "docker":
        from truss_handle.runtimes.docker import DockerRuntime

        return DockerRuntime(settings)
    raise InputInvalid(f"there is no runtime {name!r}", hint=f"choose one of {', '.join(NAMES)}")
