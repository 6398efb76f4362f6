"""Annotated pydantic input and output: validation, dumping and the answer of `/schema`.

pydantic is never imported here. A class can only be a pydantic model when the user's code has
imported pydantic already; both of its major versions are served.
"""

from __future__ import annotations

import collections.abc
import typing
from typing import Any

from .exceptions import InputError
from .imported import imported, is_a

STREAMS = (
    collections.abc.Generator,
    collections.abc.AsyncGenerator,
    collections.abc.Iterator,
    collections.abc.AsyncIterator,
)
_BASE_MODEL = ("pydantic", "BaseModel")


def pydantic_model(annotation: Any) -> Any:
    """The annotation when it is a pydantic model class, else None."""
    base = imported(*_BASE_MODEL)
    is_model = base is not None and isinstance(annotation, type) and issubclass(annotation, base)
    return annotation if is_model else None


def is_pydantic(value: Any) -> bool:
    return is_a(value, *_BASE_MODEL)


def parse(model: Any, inputs: Any) -> Any:
    """`inputs` as an instance of the pydantic class. Raises InputError when they do not fit."""
    validate = getattr(model, "model_validate", None) or model.parse_obj
    try:
        return validate(inputs)
    except ValueError as exc:  # pydantic's ValidationError, in both versions
        raise InputError(f"Input Parsing Error: {exc}") from exc


def dump(value: Any, *, binary: bool) -> Any:
    """A pydantic instance as plain data; `binary` keeps what MessagePack can carry."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="python" if binary else "json")
    if binary:
        return value.dict()
    import json

    return json.loads(value.json())


def describe(input_model: Any, returns: Any) -> dict[str, Any]:
    """The answer of `/schema` for a method annotated with these types."""
    output, streams = _output(returns)
    return {
        "input_schema": _json_schema(input_model),
        "output_schema": None if output is None else _json_schema(output),
        "supports_streaming": streams,
    }


def _output(returns: Any) -> tuple[Any, bool]:
    """The pydantic class among the annotated results, and whether a stream is among them."""
    output, streams = None, False
    for option in _options(returns):
        origin = typing.get_origin(option) or option
        streams = streams or (isinstance(origin, type) and issubclass(origin, STREAMS))
        output = output or pydantic_model(option)
    return output, streams


def _options(returns: Any) -> tuple[Any, ...]:
    origin, arguments = typing.get_origin(returns), typing.get_args(returns)
    if origin is collections.abc.Awaitable and arguments:
        return _options(arguments[0])
    # `Union[A, B]` and, from Python 3.10, `A | B`
    is_union = origin is typing.Union or type(returns).__name__ == "UnionType"
    return arguments if is_union else (returns,)


def _json_schema(model: Any) -> Any:
    return model.model_json_schema() if hasattr(model, "model_json_schema") else model.schema()
