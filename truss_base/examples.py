"""Example inputs of a Truss: its `examples.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_base.document import Document, read_text
from truss_base.exceptions import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from truss_base.config import TrussConfig


@dataclass(frozen=True, slots=True)
class Example:
    """A named input for the model."""

    name: str
    input: Any


class ExamplesError(ConfigError):
    """A text of examples cannot be used; `start` and `end` are the characters that are why."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


def examples_of(truss_dir: Path, config: TrussConfig) -> tuple[Example, ...]:
    """The examples in the Truss's file, none where there is no file.

    Raises ConfigError, naming neither file nor folder, for one that cannot be used.
    """
    file = truss_dir / config.examples_filename
    return parse_examples(read_text(file)) if file.is_file() else ()


def parse_examples(text: str) -> tuple[Example, ...]:
    """The examples in a text: a list of `name` and `input`, or a mapping of names to inputs.

    Raises ExamplesError.
    """
    document = Document.parse(text)
    for problem in document.problems:
        message = problem.message.removeprefix("this is no YAML: ")
        raise ExamplesError(f"no YAML: {message}", problem.start, problem.end)
    data = document.data
    if data is None:
        return ()
    if isinstance(data, dict):
        return tuple(_named(name, value) for name, value in data.items())
    if not isinstance(data, list):
        raise ExamplesError("examples are a list of `name` and `input`", 0, 1)
    return tuple(_example(entry, index, document) for index, entry in enumerate(data))


def _named(name: object, value: object) -> Example:
    if isinstance(value, dict) and "input" in value and set(value) <= {"name", "input"}:
        value = value["input"]
    return Example(str(name), value)


def _example(entry: object, index: int, document: Document) -> Example:
    if isinstance(entry, dict) and "input" in entry:
        return Example(str(entry.get("name", f"example {index + 1}")), entry["input"])
    node = document.node((index,))
    start, end = (node.start, node.end) if node is not None else (0, 1)
    raise ExamplesError(f"example {index + 1} has no `input`", start, max(end, start + 1))
