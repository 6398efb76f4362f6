"""Secrets a model may read: those its config declares, and no others.

Values come from TRUSS_SECRET_<name> in the environment, else from `secrets:` in
~/.truss/config.yaml. They travel as one 0600 file each, never on a command line or in an
environment, and never into a message.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from truss_handle.exceptions import InputInvalid
from truss_handle.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PREFIX = "TRUSS_SECRET_"


def secrets_file() -> Path:
    """Where a user keeps values, shared with the `truss` command."""
    return Path.home() / ".truss" / "config.yaml"


def values_for(
    declared: Iterable[str], environ: Mapping[str, str], stored: Mapping[str, Any]
) -> dict[str, str]:
    """The declared names that have a value. Raises InputInvalid for a name that is no file name."""
    values = {}
    for name in declared:
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            raise InputInvalid(
                f"the secret name {name!r} in config.yaml cannot name a file",
                hint="use letters, digits, '_', '-' and '.'",
            )
        value = environ.get(_PREFIX + name, stored.get(name))
        if value is not None:
            values[name] = str(value)
    return values


def stored_values(path: Path) -> dict[str, Any]:
    """`secrets:` of the user's file; empty without one. Raises InputInvalid, never with values."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        # The error's own text may quote the line, and the line may hold a secret.
        raise InputInvalid(
            f"{path} cannot be read ({type(error).__name__})", hint="correct or remove the file"
        ) from None
    secrets = content.get("secrets") if isinstance(content, dict) else None
    return dict(secrets) if isinstance(secrets, dict) else {}


def write_secrets(directory: Path, values: Mapping[str, str]) -> None:
    """One 0600 file per secret in a 0700 folder."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, value in values.items():
        write_atomic(directory / name, value)


def read_secrets(directory: Path, names: Iterable[str]) -> dict[str, str]:
    """What `write_secrets` wrote, of these names."""
    values = {}
    for name in names:
        with contextlib.suppress(OSError, ValueError):
            # Bytes: reading as text would turn the line ends of a key file into others.
            values[name] = (directory / name).read_bytes().decode()
    return values


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for servers: undeclared secrets must not reach a model by inheritance."""
    return {name: value for name, value in environ.items() if not name.startswith(_PREFIX)}
