"""YAML text and files as plain data, for those who need no positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.document.document import Document
from truss_base.exceptions import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

# At this depth the serializer of a push gives up, and dumps come near to Python's own limit.
PUSHED_DEPTH = 256


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
        found = f"byte {error.object[error.start]:#x} at offset {error.start}"
        raise ConfigError(f"{path} is not UTF-8 ({found}): save it as UTF-8") from None


def load(text: str) -> Any:
    """The text's plain data. Raises ConfigError with the place of what makes it no YAML.

    What is nested too deeply to be pushed is refused as well: dumps of it would be too.
    """
    document = Document.parse(text)
    for problem in document.problems:
        line, column = document.lines.position(problem.start, "utf-32")
        raise ConfigError(f"line {line + 1}, column {column + 1}: {problem.message}")
    if document.depth > PUSHED_DEPTH:
        raise ConfigError(f"nested deeper than {PUSHED_DEPTH} levels, which no push takes")
    return document.data
