"""Exceptions of the user's code as data: cut to the user's frames, with paths inside the Truss."""

from __future__ import annotations

import importlib
import inspect
import os
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable

from .exceptions import ModelDefinitionError, UserCodeError
from .lines import keep_readable, line_in

MESSAGE_LIMIT = 8_000  # characters; one request must not fill the control channel
TRACEBACK_LIMIT = 32_000
FRAMES_LIMIT = 50
LIBRARY_FRAMES_KEPT = 2  # at the end of a traceback: where a library raised
# How a file came to be imported is never what is wrong with it. Python removes these frames from
# most errors, but not from a SyntaxError.
MACHINERY = (
    str(Path(__file__).parent) + os.sep,
    str(Path(importlib.__file__).parent) + os.sep,
    "<frozen importlib",
)


@dataclass(frozen=True)
class ErrorReport:
    """What a developer needs to know about one exception.

    `path` is relative to the Truss, `line` counts from 1; both are None when the exception has no
    place in the user's code. `phase` is one of import, load, predict.
    """

    id: str
    phase: str
    type: str
    message: str
    traceback: str
    frames: tuple[dict[str, Any], ...]
    path: str | None
    line: int | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "phase": self.phase,
            "type": self.type,
            "message": self.message,
            "traceback": self.traceback,
            "frames": list(self.frames),
            "path": self.path,
            "line": self.line,
        }


def report(
    error: BaseException,
    *,
    phase: str,
    roots: Iterable[Path],
    near: Callable[..., Any] | None = None,
) -> ErrorReport:
    """Describes `error` as seen from the Truss whose versions lie at `roots`, the newest first
    (none while no release is loaded). Lines are those of the newest.

    `near` is the function to point at when no frame of the error lies in the Truss.
    """
    if isinstance(error, UserCodeError):
        error = error.original
    cut = _TracebackCut(tuple(str(root) + os.sep for root in roots))
    keep_readable()
    formatted = traceback.TracebackException.from_exception(error)
    frames = tuple(cut.user_frames(formatted.stack))[-FRAMES_LIMIT:]
    path, line = cut.place(error, frames, near)
    cut.apply(formatted)
    return ErrorReport(
        id=os.urandom(8).hex(),
        phase=phase,
        type=type(error).__name__,
        message=_shorten(cut.in_words(_message(error)), MESSAGE_LIMIT),
        traceback=_shorten(cut.in_words("".join(formatted.format()).rstrip("\n")), TRACEBACK_LIMIT),
        frames=frames,
        path=path,
        line=line,
    )


class _TracebackCut:
    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self._prefixes = prefixes

    def relative(self, filename: str | None) -> str | None:
        """The path inside the Truss, or None for a file outside."""
        if filename is None:
            return None
        prefix = next((each for each in self._prefixes if filename.startswith(each)), None)
        return None if prefix is None else filename[len(prefix) :].replace(os.sep, "/")

    def line(self, filename: str, path: str, line: int | None) -> int | None:
        """The line in the newest version of the file at `path`."""
        return None if line is None else line_in(Path(self._prefixes[0], path), filename, line)

    def in_words(self, text: str) -> str:
        """A text with the paths of the Truss's files as they are inside it."""
        for prefix in self._prefixes:
            text = text.replace(prefix, "")
        return text

    def user_frames(self, stack: Iterable[traceback.FrameSummary]) -> Iterable[dict[str, Any]]:
        for frame in stack:
            path = self.relative(frame.filename)
            if path is not None:
                line = self.line(frame.filename, path, frame.lineno)
                yield {"path": path, "line": line, "function": frame.name}

    def place(
        self,
        error: BaseException,
        frames: tuple[dict[str, Any], ...],
        near: Callable[..., Any] | None,
    ) -> tuple[str | None, int | None]:
        own: tuple[str | None, int | None] = (None, None)
        if isinstance(error, SyntaxError):
            own = error.filename, error.lineno
        elif isinstance(error, ModelDefinitionError):
            own = error.path, error.line
        path = self.relative(own[0])
        if path is not None:
            return path, own[1]
        if frames:
            return frames[-1]["path"], frames[-1]["line"]
        code = getattr(inspect.unwrap(near), "__code__", None) if near else None
        path = self.relative(code.co_filename) if code else None
        if code is None or path is None:
            return None, None
        return path, self.line(code.co_filename, path, code.co_firstlineno)

    def apply(self, formatted: traceback.TracebackException) -> None:
        """Cuts the stacks of the exception and of all it was raised from, in place."""
        pending: list[traceback.TracebackException | None] = [formatted]
        while pending:  # no recursion: chains can be longer than the stack is deep
            current = pending.pop()
            if current is None:
                continue
            current.stack[:] = self._cut(list(current.stack))
            filename = self.relative(getattr(current, "filename", None))
            if filename is not None:
                current.filename = filename
            group = getattr(current, "exceptions", None) or ()
            pending += [current.__cause__, current.__context__, *group]

    def _cut(self, stack: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
        stack = [frame for frame in stack if not frame.filename.startswith(MACHINERY)]
        users = [i for i, frame in enumerate(stack) if self.relative(frame.filename) is not None]
        if not users:
            return stack[-LIBRARY_FRAMES_KEPT:]
        kept = [stack[i] for i in users]
        for frame in kept:
            self._move(frame)
        return kept + stack[users[-1] + 1 :][-LIBRARY_FRAMES_KEPT:]

    def _move(self, frame: traceback.FrameSummary) -> None:
        """Names the place where a line stands now."""
        path = self.relative(frame.filename) or frame.filename
        line = self.line(frame.filename, path, frame.lineno)
        end: int | None = getattr(frame, "end_lineno", None)  # not before Python 3.11
        if end is not None and line is not None and frame.lineno is not None:
            setattr(frame, "end_lineno", end + line - frame.lineno)  # noqa: B010  # as above
        frame.filename, frame.lineno = path, line


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)
    if isinstance(error, SystemExit):
        return f"the code called sys.exit({error.code!r})"
    try:
        return str(error)
    except Exception as broken:  # a __str__ of the user's that raises itself
        return f"<no message: __str__ raised {type(broken).__name__}>"


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - limit} characters left out ...]\n{text[-half:]}"
