"""Secret values on their way from the user to an instance: gathered, missed, renewed.

A value that this shell does not know, but the instance has, stays: commands come from shells,
editors and schedulers, and not all of them see the same variables.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.config import TrussConfig
from truss_base.exceptions import TrussBaseError
from truss_base.tree import CONFIG_FILE
from truss_handle import model_secrets
from truss_handle.registry import Registry
from truss_handle.runtimes import runtime_named
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import Progress, Running


@dataclass(frozen=True, slots=True)
class Heritage:
    """What a new instance takes over: values of secrets, and the port of the one before it.

    People and scripts remember addresses, so a rebuild keeps its own where it is still free.
    """

    secrets: dict[str, str]
    port: int | None = None


def secrets_folder(directory: Path) -> Path:
    """Where an instance's folder holds one file per secret."""
    return directory / "secrets"


def gathered(settings: Settings, instance: str, declared: Collection[str]) -> dict[str, str]:
    """The declared secrets that have a value, here or in the instance. Raises InputInvalid."""
    if not declared:
        return {}  # the user's file concerns nobody who declares nothing
    stored = model_secrets.stored_values(model_secrets.secrets_file())
    given = model_secrets.values_for(declared, os.environ, stored)
    return {**_kept(settings, instance, declared), **given}


def report_missing(declared: Collection[str], values: dict[str, str], progress: Progress) -> None:
    """One event per declared secret without a value."""
    for name in declared:
        if name not in values:
            message = (
                f"the secret {name} has no value: set it in ~/.truss/config.yaml"
                f" or in TRUSS_SECRET_{name}"
            )
            progress(ProgressEvent("secrets", message))


async def refresh_secrets(
    settings: Settings,
    running: Running,
    progress: Progress,
    accepted: Callable[[], Awaitable[object]] | None = None,
) -> None:
    """Hand new values of the declared secrets to what runs; the model finds them when it asks.

    `accepted` is asked before there is anything to hand over, and raises where they are for a
    version that is refused: its `load` may want them, and what runs must not change then.

    A config that cannot be read is left to whoever reads it next. Raises InputInvalid.
    """
    try:
        declared = _declared((running.truss_dir / CONFIG_FILE).read_text(encoding="utf-8"))
    except (TrussBaseError, OSError, ValueError):
        return
    if not declared:
        return
    values = await asyncio.to_thread(gathered, settings, running.id, declared)
    report_missing(declared, values, progress)
    if values == await asyncio.to_thread(_kept, settings, running.id, declared):
        return
    if accepted is not None:
        await accepted()
    await runtime_named(running.runtime, settings).renew_secrets(running, values)
    # Last: until the runtime has them, the next command must still see them as new.
    folder = secrets_folder(Registry(settings).directory(running.id))
    await asyncio.to_thread(model_secrets.write_secrets, folder, values)
    progress(ProgressEvent("secrets", "new values of secrets were handed over"))


@lru_cache(maxsize=8)  # every save comes by here, and few of them change the config
def _declared(config: str) -> tuple[str, ...]:
    return tuple(TrussConfig.from_text(config).secrets)


def _kept(settings: Settings, instance: str, declared: Collection[str]) -> dict[str, str]:
    folder = secrets_folder(Registry(settings).directory(instance))
    return model_secrets.read_secrets(folder, declared)
