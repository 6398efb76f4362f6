"""Imports of the model's code that nothing declared can provide.

Which distribution provides a module is only known for what is installed where this runs, or where
both have the same name. A hint is given when everything that is declared is known that way, and
none of it provides the module; in any doubt there is none.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base import requirements
from truss_base.document import read_text
from truss_base.exceptions import ConfigError
from truss_base.validation.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from truss_base.config import TrussConfig
    from truss_base.validation.sources import Source, Sources

# What the image of a model has in any case: the server's own requirements.
_OF_THE_SERVER = (
    *("aiofiles", "aiohttp", "certifi", "cython", "fastapi", "httpx", "joblib", "loguru"),
    *("msgpack", "msgpack-numpy", "numpy", "opentelemetry-api", "opentelemetry-sdk", "pip"),
    *("prometheus-client", "psutil", "pydantic", "python-json-logger", "pyyaml", "requests"),
    *("setuptools", "starlette", "truss-transfer", "uvicorn", "uvloop", "websockets", "wheel"),
)
_SERVER_MODULES = frozenset(
    {"Cython", "google", "opentelemetry", "pkg_resources", "pythonjsonlogger", "truss", "yaml"}
)
# Of the standard library in some Python a Truss may ask for, not in every one.
_ONCE_STANDARD = frozenset(
    {
        *("_distutils_hack", "aifc", "annotationlib", "asynchat", "asyncore", "audioop", "binhex"),
        *("cgi", "cgitb", "chunk", "compression", "crypt", "distutils", "formatter", "imghdr"),
        *("imp", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "parser", "pipes"),
        *("smtpd", "sndhdr", "spwd", "sunau", "symbol", "telnetlib", "tomllib", "uu", "xdrlib"),
        *("zoneinfo", "lib2to3"),
    }
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = re.compile(r"[-_.]+")


def unprovided_imports(config: TrussConfig, directory: Path, sources: Sources) -> Iterator[Finding]:
    """Modules that files of the model import and nothing provides."""
    names = _declared(config, directory)
    if names is None:
        return
    known = _local_modules(config, directory) | _SERVER_MODULES
    if not any(next(_missing(source, known), None) for source in sources.files):
        return
    provided = _provided(names)
    if provided is None:
        return
    for source in sources.files:
        yield from _missing(source, provided | known)


def _missing(source: Source, known: frozenset[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for place in sorted(source.outline.imports, key=lambda place: place.start):
        name = place.name
        if name in seen or name in known or _is_standard(name):
            continue
        seen.add(name)
        message = f"nothing declared under `requirements` provides the module `{name}`"
        yield Finding(place.start, place.end, "import", "hint", message, path=source.path)


def _is_standard(name: str) -> bool:
    return name in sys.stdlib_module_names or name in _ONCE_STANDARD or name.startswith("_")


def _declared(config: TrussConfig, directory: Path) -> tuple[str, ...] | None:
    """Names of the distributions that are asked for; None where there may be others."""
    if config.base_image or config.build_commands or config.docker_server:
        return None
    if config.system_packages or config.external_package_dirs:
        return None
    lines = list(config.requirements)
    if config.requirements_file:
        try:
            text = read_text(directory / config.requirements_file)
        except (ConfigError, ValueError):
            return None
        lines += requirements.parse(config.requirements_file, text)
        if not lines:
            return None
    names = [requirements.key(line) for line in lines]
    return tuple(names) if all(map(_PLAIN_NAME.fullmatch, names)) else None


@lru_cache(maxsize=16)
def _provided(names: tuple[str, ...]) -> frozenset[str] | None:
    """Modules that distributions and what they need provide; None where one is not known."""
    closure = _closure(names)
    if closure is None:
        return None
    # Looks through everything that is installed: only where the answer depends on it.
    modules = _modules()
    server = _closure(_OF_THE_SERVER, strict=False) or frozenset()
    found: set[str] = set()
    for name in closure | server | {*names, *_OF_THE_SERVER}:
        found.update(modules.get(name, ()))
        found.add(name.replace("-", "_"))
    return frozenset(found)


def _closure(names: Iterable[str], *, strict: bool = True) -> frozenset[str] | None:
    """Distributions and everything they may need; None, if strict, where one is not installed."""
    from importlib.metadata import PackageNotFoundError, requires

    pending, found = [_normalised(name) for name in names], set()
    while pending:
        name = pending.pop()
        if name in found:
            continue
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            # What is needed for an extra, or elsewhere, may well not be installed here.
            if strict and name in map(_normalised, names):
                return None
            continue
        found.add(name)
        pending += [_normalised(match[0]) for line in needed if (match := _PLAIN_NAME.match(line))]
    return frozenset(found)


@lru_cache(maxsize=1)
def _modules() -> dict[str, tuple[str, ...]]:
    """What each distribution that is installed here provides."""
    from importlib.metadata import packages_distributions

    modules: dict[str, list[str]] = {}
    for module, distributions in packages_distributions().items():
        for distribution in distributions:
            modules.setdefault(_normalised(distribution), []).append(module)
    return {name: tuple(found) for name, found in modules.items()}


def _normalised(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()


def _local_modules(config: TrussConfig, directory: Path) -> frozenset[str]:
    """What lies in the Truss under a name that can be imported, wherever that is."""
    names: set[str] = set()
    folders = ("", config.model_module_dir, config.bundled_packages_dir, config.data_dir)
    for folder in folders:
        try:
            names.update(path.name.split(".")[0] for path in (directory / folder).iterdir())
        except (OSError, ValueError):
            continue
    return frozenset(names)
