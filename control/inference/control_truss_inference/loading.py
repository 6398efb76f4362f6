"""From a release on disk to a loaded model: import, construct, load."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping

from .contract import Contract, read_contract
from .exceptions import ModelDefinitionError
from .importer import import_model_module, install
from .release import Release
from .secrets import Secrets
from .swap.captures import Captures, captures
from .swap.places import modules_below

_DEFAULT_THRESHOLDS = gc.get_threshold()
THRESHOLDS = (10_000, 20, 50)
ENVIRONMENT_FILE = Path("/etc/b10_dynamic_config/environment")


@dataclass(frozen=True)
class LoadedModel:
    """A model that can answer. `seconds` is what import, `__init__` and `load` took together,
    `captures` what they handed out of the code that a hot swap could replace."""

    release: Release
    instance: Any
    contract: Contract
    seconds: float
    captures: Captures


class LazyDataResolver:
    """Stands in for the platform's resolver: in a control Truss all data is already there."""

    def block_until_download_complete(self, *_: Any, **__: Any) -> str:
        return ""

    def raise_if_not_collected(self) -> None:
        return None


class Loader:
    """Loads one release. `phase` says how far it got, for the report of a failure."""

    def __init__(
        self, release: Release, secrets_dir: Path | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._release = release
        self._secrets_dir = secrets_dir
        self._loop = loop
        self.phase = "import"

    def load(self) -> LoadedModel:
        """Blocks as long as the user's `load` does. Raises whatever the user's code raises."""
        started = time.perf_counter()
        os.chdir(self._release.root)
        install(self._release)
        model_class = self._model_class()
        self.phase = "load"
        environment = _environment()
        instance = self._construct(model_class, environment)
        read_contract(instance)  # before `load`: a broken signature must not cost minutes
        self._call_optional(instance, "setup_environment", environment)
        self._call_optional(instance, "load")
        captured = captures(instance, modules_below(str(self._release.root)))
        contract = read_contract(instance)  # `load` may have bound methods of its own
        _settle_heap()
        seconds = time.perf_counter() - started
        return LoadedModel(self._release, instance, contract, seconds, captured)

    def _model_class(self) -> Any:
        release = self._release
        name, path = release.model_class, str(release.model_file)
        relative = release.model_file.relative_to(release.root).as_posix()
        if not release.model_file.is_file():
            raise ModelDefinitionError(
                f"There is no {relative}: it has to define the class {name}.", path, 1
            )
        module = import_model_module(release)
        if not callable(getattr(module, name, None)):
            raise ModelDefinitionError(f"{relative} defines no class named {name}.", path, 1)
        return getattr(module, name)

    def _construct(self, model_class: Any, environment: Any) -> Any:
        offered = {
            "config": dict(self._release.config),
            "data_dir": self._release.data_dir,
            "secrets": Secrets(self._release.declared_secrets, self._secrets_dir),
            "lazy_data_resolver": LazyDataResolver(),
            "environment": environment,
        }
        return model_class(**_wanted(model_class, offered))

    def _call_optional(self, instance: Any, name: str, *arguments: Any) -> None:
        function: Callable[..., Any] | None = getattr(instance, name, None)
        if function is None or (name == "setup_environment" and arguments == (None,)):
            return
        result = function(*arguments)
        if inspect.isawaitable(result):  # on the loop that will serve: sessions are bound to it
            asyncio.run_coroutine_threadsafe(_finish(result), self._loop).result()


async def _finish(awaitable: Any) -> None:
    await awaitable


def _wanted(model_class: Any, offered: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is offered, what the constructor names (all of it with `**kwargs`)."""
    try:
        parameters = inspect.signature(model_class).parameters.values()
    except ValueError:  # made in C, or by a metaclass: nothing is known
        return {}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict(offered)
    unknown = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind is not p.VAR_POSITIONAL and p.name not in offered
    ]
    if unknown:
        code = getattr(model_class.__init__, "__code__", None)
        raise ModelDefinitionError(
            f"`{model_class.__name__}.__init__` asks for `{unknown[0]}`, which does not exist: "
            f"it may take {', '.join(offered)}, or **kwargs.",
            getattr(code, "co_filename", None),
            getattr(code, "co_firstlineno", None),
        )
    return {p.name: offered[p.name] for p in parameters if p.name in offered}


def _environment() -> Any:
    """The platform's description of the environment, mounted as a file; None anywhere else."""
    try:
        return json.loads(ENVIRONMENT_FILE.read_bytes())
    except (OSError, ValueError):
        return None


def _settle_heap() -> None:
    """What `load` left lives as long as the process: later collections need not visit it.

    Old code of hot swaps is let go in cycles, so collections go on, but less often: each of the
    oldest generation stops every request. Thresholds of the user's own stay.
    """
    gc.collect()
    gc.freeze()
    if gc.get_threshold() == _DEFAULT_THRESHOLDS:
        gc.set_threshold(*THRESHOLDS)
