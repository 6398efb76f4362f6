"""The user's own exceptions: what each Truss's container last reported, until it is overcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lsp_server.text import one_line, split_lines

Slot = Literal["version", "predict"]
ReadText = Callable[[Path], str | None]
"""Text of a file, from the editor or from disk; None where there is none."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of the user's code in a traceback. ``line`` counts from 1.

    ``text`` is what stood there when it failed: by it the line is found again after edits above it.
    """

    path: Path
    line: int
    function: str
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """One exception of the user's model: ``frames`` outermost first, ``at`` where it shows."""

    id: str
    phase: str
    type: str
    message: str
    traceback: str
    at: Frame
    frames: tuple[Frame, ...]

    def sentence(self, truss: Path) -> str:
        """What happened and where, in one line."""
        at = self.at.path.relative_to(truss).as_posix()
        said = one_line(f"{self.type}: {self.message}", 200)
        return f"{said} ({self.phase}, {at}:{self.at.line})"


class Failures:
    """At most one failed version and one failed prediction per Truss."""

    def __init__(self, read_text: ReadText) -> None:
        self._read_text = read_text
        self._current: dict[tuple[Path, Slot], Failure] = {}
        self._overcome: set[str] = set()

    def note(self, truss: Path, error: Mapping[str, Any]) -> frozenset[Path]:
        """Keeps an ERROR object of the control plane; the files whose problems have changed by it.

        One that a later success has overcome is not taken up again: a status goes on reporting it.
        """
        failure = failure_of(truss, error, self._read_text)
        slot = slot_of(failure.phase)
        previous = self._current.get((truss, slot))
        if failure.id in self._overcome or (previous and previous.id == failure.id):
            return frozenset()
        self._current[truss, slot] = failure
        return frozenset({failure.at.path} | ({previous.at.path} if previous else set()))

    def overcome(self, truss: Path, *slots: Slot) -> frozenset[Path]:
        """Forgets after a success; the files whose problems are gone."""
        gone = [
            self._current.pop((truss, slot)) for slot in slots if (truss, slot) in self._current
        ]
        self._overcome.update(failure.id for failure in gone)
        return frozenset(failure.at.path for failure in gone)

    def at(self, path: Path) -> tuple[Failure, ...]:
        return tuple(failure for failure in self._current.values() if failure.at.path == path)


def slot_of(phase: str) -> Slot:
    """A model that fails to import or load spoils its version; a prediction spoils only itself."""
    return "predict" if phase == "predict" else "version"


def failure_of(truss: Path, error: Mapping[str, Any], read_text: ReadText) -> Failure:
    """From the wire. Without any line of the user's code it is shown at the top of the config."""
    frames = tuple(_frame(truss, frame, read_text) for frame in error.get("frames") or ())
    if error.get("path") and error.get("line"):
        function = frames[-1].function if frames else ""
        at = _frame(truss, {**error, "function": function}, read_text)
    else:
        at = frames[-1] if frames else Frame(truss / "config.yaml", 1, "", "")
    return Failure(
        id=str(error.get("id", "")),
        phase=str(error.get("phase", "load")),
        type=str(error.get("type", "Exception")),
        message=str(error.get("message", "")),
        traceback=str(error.get("traceback", "")),
        at=at,
        frames=frames,
    )


def _frame(truss: Path, frame: Mapping[str, Any], read_text: ReadText) -> Frame:
    path, line = truss / str(frame["path"]), int(frame["line"])
    lines = split_lines(read_text(path) or "")
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return Frame(path, line, str(frame.get("function", "")), text.rstrip())
