"""Asking a running model, and finding something to ask it with."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from truss_base.exceptions import TrussBaseError
from truss_handle import instances
from truss_handle.answers import decoded
from truss_handle.client import ServerClient
from truss_handle.exceptions import HandleError, InputInvalid
from truss_handle.memory import Memory
from truss_handle.model_routes import ask
from truss_handle.plain_failures import predict_failure
from truss_handle.values import PredictInput, PredictResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from truss_handle.model_routes import Answer
    from truss_handle.settings import Settings
    from truss_handle.values import Running


_REPORT_PAUSES = (0.005, 0.01, 0.02, 0.05, 0.1)  # seconds


async def predict(
    settings: Settings,
    running: Running,
    payload: Any,
    *,
    timeout: float | None,
    path: str,
    on_text: Callable[[str], None] | None = None,
) -> PredictResult:
    """See `operations.predict`."""
    try:
        answer = await ask(running, path, payload, timeout, on_text)
    except (TypeError, ValueError):
        require_json(payload)
        raise
    error = await _model_error(settings, running, answer)
    memory = Memory(settings, running.truss_dir)
    if not memory.has(input=payload):
        with suppress(OSError):  # the answer is there; a full disk costs no more than a default
            await asyncio.to_thread(memory.remember, input=payload)
    kind, body = decoded(answer.content, answer.content_type)
    return PredictResult(
        status=answer.status,
        body=body,
        latency_ms=round(answer.latency_ms, 3),
        size=len(answer.content),
        content_type=answer.content_type,
        model_error=error,
        first_byte_ms=round(answer.first_byte_ms, 3),
        kind=kind,
    )


def require_json(payload: Any) -> None:
    """Raises InputInvalid for a value that no JSON can carry."""
    try:
        json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputInvalid(
            f"the payload cannot be written as JSON: {error}",
            hint="use dicts, lists, texts, numbers, booleans and None",
        ) from error


def choose_input(settings: Settings, truss_dir: Path, *, prefer_last: bool) -> PredictInput:
    """See `operations.predict_input`."""
    last = Memory(settings, truss_dir).last_input()
    if last is not None and prefer_last:
        return PredictInput(last[0], "last")
    example = _example(truss_dir)
    if example.source != "empty" or last is None:
        return example
    return PredictInput(last[0], "last", example.problem)


def _example(truss_dir: Path) -> PredictInput:
    """The Truss's own example; an empty one where it has none."""
    from truss_base.config import TrussConfig  # a prediction itself needs none of this
    from truss_base.examples import examples_of
    from truss_base.tree import CONFIG_FILE, truss_root

    try:
        config = TrussConfig.from_yaml(truss_root(truss_dir) / CONFIG_FILE)
    except TrussBaseError:
        return PredictInput({}, "empty")  # a broken config is reported where it is edited
    problem = ""
    try:
        if examples := examples_of(truss_dir, config):
            return PredictInput(examples[0].input, "examples.yaml")
    except TrussBaseError as error:
        problem = f"{config.examples_filename} cannot be used: {error}"
    example = config.model_metadata.get("example_model_input")
    if example is None:
        return PredictInput({}, "empty", problem)
    return PredictInput(example, "metadata", problem)


async def _model_error(
    settings: Settings, running: Running, answer: Answer
) -> Mapping[str, Any] | None:
    """The user's exception behind a failed answer; the answer itself never carries it."""
    if answer.status < 500:
        return None
    error_id = answer.error_id
    try:
        if running.control:
            return await _reported(ServerClient(running), error_id)
        lines = await instances.last_lines(settings, running) if error_id else ()
        return predict_failure(lines, str(error_id))
    except HandleError:
        return None  # the answer is there; its explanation is an extra


async def _reported(client: ServerClient, error_id: str | None) -> Mapping[str, Any] | None:
    """What the control plane knows of the failure. The model's process reports it on another way
    than the answer takes, and that may be the longer one."""
    for pause in _REPORT_PAUSES if error_id else ():
        if found := _from_status(await client.status(), error_id):
            return found
        await asyncio.sleep(pause)
    return _from_status(await client.status(), error_id)


def _from_status(status: Mapping[str, Any], error_id: str | None) -> Mapping[str, Any] | None:
    error = status.get("last_error")
    if not isinstance(error, dict):
        return None
    belongs = error.get("id") == error_id if error_id else status.get("state") == "failed"
    return error if belongs else None
