"""YAML text and files as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.exceptions import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a file. Raises ConfigError when it is missing, unreadable or not UTF-8."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        alternative = path.with_suffix(".yml")
        hint = f"; rename {alternative.name} to {path.name}" if alternative.is_file() else ""
        raise ConfigError(f"there is no file {path}{hint}") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8: byte {error.object[error.start]:#x} at {error.start}"
        raise ConfigError(f"{message}; save it as UTF-8") from None


def load(text: str) -> Any:
    """The text's plain data. Raises ConfigError where it is no YAML."""
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ConfigError(f"not valid YAML: {' '.join(str(error).split())}") from None
