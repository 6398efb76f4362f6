"""What commands print: a result on stdout, for people or as JSON; everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truss_handle.exceptions import ModelLoadFailed, PatchFailed
from truss_handle.problems import PATCH_AGAIN, SAVE_AGAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from truss_handle.values import ProgressEvent


class Output:
    """One per command. With `as_json`, stdout carries JSON and nothing else.

    A reader that has gone away (`| head`) ends no command half-way: what it would have read is
    dropped. `unread` is for commands that only go on printing.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.unread = False

    def result(self, value: Mapping[str, Any], lines: Iterable[str]) -> None:
        """The outcome of a command: one JSON object, or lines for people."""
        if self.as_json:
            self._print(json.dumps({"ok": True, **value}, ensure_ascii=False, default=plain))
            return
        for line in lines:
            self._print(line)

    def line(self, text: str) -> None:
        """One line of a stream: as it is, or as {"line": ...}."""
        self._print(json.dumps({"line": text}, ensure_ascii=False) if self.as_json else text)

    def progress(self, event: ProgressEvent) -> None:
        """A step of a longer command."""
        self.note(event.message)

    def note(self, text: str) -> None:
        """Something about the result that is not part of it."""
        _print(text, sys.stderr)

    def error(self, error: Exception, *, watching: bool = False) -> None:
        """One line, the user's own traceback where there is one, and what to do next."""
        hint = getattr(error, "hint", "") if watching else _hint(error)
        if self.as_json:
            shown = {**described(error), "hint": hint}
            self._print(json.dumps({"ok": False, "error": shown}, ensure_ascii=False))
            return
        traceback = (getattr(error, "model_error", None) or {}).get("traceback")
        if traceback:
            self.note(str(traceback).rstrip())
        self.note(f"error: {error}")
        if hint:
            self.note(f"  {hint}")

    def _print(self, text: str) -> None:
        if not _print(text, sys.stdout):
            self.unread = True


def _print(text: str, stream: TextIO) -> bool:
    """Whether it could be written. What is printed after a failure goes nowhere."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        # The stream keeps what it could not write and would try again, up to Python's exit.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return False
    return True


def _hint(error: Exception) -> str:
    """What to do next, for who types commands: a save alone patches nothing."""
    hint: str = getattr(error, "hint", "")
    failure = getattr(error, "model_error", None)
    if not failure or hint not in (SAVE_AGAIN, PATCH_AGAIN):
        return hint
    if isinstance(error, PatchFailed):
        return "correct the line and run `control-truss patch` again"
    if isinstance(error, ModelLoadFailed):
        # It patches where a control plane still runs, and starts again where nothing is left.
        return "correct the line and run `control-truss up` again"
    return hint


def described(error: Exception) -> dict[str, Any]:
    """An exception as the JSON that commands and the language server report."""
    shown: dict[str, Any] = {
        "type": type(error).__name__,
        "message": str(error),
        "hint": getattr(error, "hint", ""),
    }
    for name in ("key", "reasons", "model_error"):
        if value := getattr(error, name, None):
            shown[name] = value
    return shown


def plain(value: Any) -> Any:
    """What the json module cannot write by itself."""
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
