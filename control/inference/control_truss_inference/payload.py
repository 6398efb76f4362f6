"""Request bodies to inputs, results to response bodies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import binary, schema
from .answer import Answer
from .exceptions import InputError, UserCodeError
from .imported import is_a

if TYPE_CHECKING:
    from .connection import Connection

BINARY = "application/octet-stream"


def is_binary(connection: Connection) -> bool:
    """Whether the client speaks MessagePack: it is then answered in MessagePack too."""
    return connection.header("content-type").partition(";")[0].strip().lower() == BINARY


def wants_whole(connection: Connection) -> bool:
    """Whether a stream is to be gathered into one JSON answer.

    The OpenAI clients ask for JSON even when they want a stream.
    """
    accept = connection.header("accept")
    if "application/json" not in accept or "text/event-stream" in accept:
        return False
    return "openai" not in connection.header("user-agent").lower()


def decode(body: bytes, connection: Connection, input_model: Any) -> Any:
    """The inputs of the first method. Raises InputError when they cannot be read or do not fit."""
    inputs = binary.unpack(body) if is_binary(connection) else _from_json(body)
    return inputs if input_model is None else schema.parse(input_model, inputs)


def _from_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"Invalid JSON payload: {exc}") from exc


def encode(result: Any, connection: Connection) -> Answer:
    """The answer that carries a result. Raises UserCodeError for what cannot be written."""
    try:
        if is_binary(connection):
            return Answer(binary.pack(_plain(result, to_binary=True)), BINARY)
        text = json.dumps(_plain(result, to_binary=False), default=_to_json)
    except (TypeError, ValueError, RecursionError) as exc:
        # The stack is the encoder's: it says nothing about where the value came from.
        raise UserCodeError(exc.with_traceback(None)) from exc
    return Answer(text.encode("utf-8", "surrogatepass"), "application/json")


def _plain(result: Any, *, to_binary: bool) -> Any:
    return schema.dump(result, binary=to_binary) if schema.is_pydantic(result) else result


def _to_json(value: Any) -> Any:
    """What `json` cannot write by itself: pydantic models and numpy's arrays and numbers."""
    if schema.is_pydantic(value):
        return schema.dump(value, binary=False)
    if is_a(value, "numpy", "ndarray"):
        return value.tolist()
    if is_a(value, "numpy", "generic"):
        return value.item()
    raise TypeError(
        f"The model returned {type(value).__name__}, which JSON cannot carry: return plain data, "
        "numpy arrays, pydantic models, or a Response of your own."
    )
