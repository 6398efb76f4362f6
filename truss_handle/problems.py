"""From the control plane's problem JSON (RFC 9457) to exceptions. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from truss_handle.exceptions import (
    HandleError,
    ModelLoadFailed,
    PatchFailed,
    PatchRefused,
    RebuildNeeded,
    ServerUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# What to do next where nothing better is known.
SAVE_AGAIN = "correct the line and save again"
PATCH_AGAIN = "correct the file and patch, or start again"


def decoded(content: bytes) -> Any:
    """The body of an answer: the JSON value in it, else its text."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def exception_of(status: int, problem: Any) -> HandleError:
    """The exception that an unsuccessful answer of the control API stands for.

    `problem` is the decoded body, whatever it is: a server between us and the control plane may
    answer in its own words.
    """
    if not isinstance(problem, dict):
        return ServerUnavailable(
            f"the control plane answered {status} with no problem description: {problem!r:.200}"
        )
    kind = str(problem.get("type", "")).rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    message = _message(problem) or f"the control plane answered {status}"
    if kind == "unauthorized":
        return ServerUnavailable(
            f"the control plane does not accept our token: {message}",
            hint="another installation started it: stop it there",
        )
    if kind == "unsupported_patch":
        return _unsupported(message, problem)
    if kind.startswith("patch_failed"):
        return _failed(message, problem)
    if kind == "load_failed":
        return load_failed(problem.get("model_error"))
    hint = "please report what it says; `control-truss up --rebuild` starts afresh"
    return PatchRefused(message, problem=problem, hint=hint if kind == "unknown" else "")


def _unsupported(message: str, problem: Mapping[str, Any]) -> HandleError:
    reasons = [reason for reason in problem.get("reasons", ()) if isinstance(reason, dict)]
    if not reasons:
        return PatchRefused(message, problem=problem)
    return RebuildNeeded(
        rebuild_message(reasons),
        reasons=reasons,
        hint="rebuild and restart (`control-truss up` does both)",
    )


def rebuild_message(reasons: list[dict[str, str]]) -> str:
    """One line that names every change only a rebuild realises."""
    rebuilding = [reason for reason in reasons if reason.get("strategy") == "S4"] or reasons
    named = "; ".join(reason.get("reason", "?") for reason in rebuilding)
    return f"only a rebuild does this: {named}"


def _failed(message: str, problem: Mapping[str, Any]) -> PatchFailed:
    error = problem.get("model_error")
    if not isinstance(error, dict):
        return PatchFailed(message.rstrip("."))
    if error.get("phase") == "install":
        said = f"{message[:1].lower()}{message[1:]}".rstrip(".")
        return PatchFailed(said, model_error=error, hint=SAVE_AGAIN)
    return PatchFailed(
        f"the new version does not load: {describe(error)}",
        model_error=error,
        hint=SAVE_AGAIN,
    )


def load_failed(error: object) -> ModelLoadFailed:
    """The exception for a model that does not load, with or without a known reason."""
    if not isinstance(error, dict):
        return ModelLoadFailed("the model does not load", hint="look at `control-truss logs`")
    return ModelLoadFailed(
        f"the model does not load: {describe(error)}",
        model_error=error,
        hint=PATCH_AGAIN,
    )


def describe(error: Mapping[str, Any]) -> str:
    """A model's error on one line: "ValueError: no weights (model/model.py:12)"."""
    said = f"{error.get('type', 'Error')}: {error.get('message', '')}".removesuffix(": ")
    path, line = error.get("path"), error.get("line")
    place = f" ({path}:{line})" if path and line else f" ({path})" if path else ""
    return " ".join(f"{said}{place}".split())


def _message(problem: Mapping[str, Any]) -> str:
    nested = problem.get("error")
    legacy = nested.get("msg") if isinstance(nested, dict) else nested
    for text in (problem.get("detail"), legacy, problem.get("title")):
        if isinstance(text, str) and text:
            return text
    return ""
