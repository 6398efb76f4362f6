"""Hot swaps by hand: the documents that a plan would make, and a server to try them on."""

from __future__ import annotations

import ast
import itertools
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inference_process import Managed, Truss, serving, write_truss

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MODEL = "model/model.py"


def module(
    path: str, source: str, *, execute: Sequence[str] | None = None, carry: Sequence[str] = ()
) -> dict[str, Any]:
    """One module of a document: imports and the definitions in `execute` (None: all of them) are
    executed, the names in `carry` taken over."""
    body = ast.parse(textwrap.dedent(source)).body
    chosen = [
        index
        for index, statement in enumerate(body)
        if execute is None
        or isinstance(statement, (ast.Import, ast.ImportFrom))
        or _names(statement) & set(execute)
    ]
    name = path.removeprefix("packages/").removesuffix(".py").replace("/", ".")
    package = name.endswith("__init__")
    return {
        "name": name.removesuffix(".__init__"),
        "path": path,
        "package": package,
        "execute": chosen,
        "carry": list(carry),
    }


def document(*modules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"entry": {"module": "model.model", "class": "Model"}, "modules": list(modules), **more}


def _names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Assign):
        return {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return {getattr(statement, "name", "")}


@dataclass
class Swapping:
    """A serving process and the versions that it was given."""

    managed: Managed
    folder: Path
    truss: Truss
    files: dict[str, str]
    config: dict[str, Any]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, payload: Any = None) -> Any:
        """The model's answer to a request."""
        response = self.managed.predict(payload)
        assert response.status_code == 200, response.text
        return response.json()

    def stage(self, files: Mapping[str, str | None]) -> Truss:
        """Writes the next version; None removes a file."""
        merged: dict[str, Any] = {**self.files, **files}
        self.files = {path: text for path, text in merged.items() if text is not None}
        folder = self.folder / f"version-{next(self.numbers)}"
        return write_truss(folder, None, self.files, **self.config)

    def prepare(self, truss: Truss, swap: dict[str, Any], number: int = 1, **more: Any) -> None:
        """Asks for a swap; its answer is an event."""
        self.managed.send(
            "swap",
            id=number,
            release_dir=str(truss.root),
            config_file=str(truss.config_file),
            swap=swap,
            **more,
        )

    def outcome(self, wanted: str) -> dict[str, Any]:
        """The event that answers `prepare`, which has to be the wanted one."""
        event = self.managed.event("swap_ready", "swap_refused", "swap_failed")
        assert event["event"] == wanted, event
        return event

    def commit(self, number: int = 1) -> None:
        """Lets the prepared swap answer."""
        self.managed.send("swap_commit", id=number)
        self.managed.event("swapped")

    def swap(self, files: Mapping[str, str | None], swap: dict[str, Any], number: int = 1) -> Truss:
        """Writes, prepares and commits a version."""
        truss = self.stage(files)
        self.prepare(truss, swap, number)
        self.outcome("swap_ready")
        self.commit(number)
        return truss

    def edit(self, source: str, number: int = 1, carry: Sequence[str] = ()) -> Truss:
        """A version in which only the Model class of the model file is another."""
        part = module(MODEL, source, execute=["Model"], carry=carry)
        return self.swap({MODEL: source}, document(part), number)


@contextmanager
def swapping(
    folder: Path, files: Mapping[str, str], python: str = sys.executable, **config: Any
) -> Iterator[Swapping]:
    """A server that has loaded `files`, ready for swaps."""
    truss = write_truss(folder / "version-0", None, files, **config)
    with serving(truss, python) as managed:
        yield Swapping(managed, folder, truss, dict(files), config)
