"""Runs inside the throw-away environment: what the installed `truss` says about configs.

Given to that environment's interpreter as a file; imports nothing of ours. One JSON line for the
description of its definitions, then one JSON line of verdict per JSON line on stdin.
"""

from __future__ import annotations

import enum
import json
import logging
import socket
import sys
import tempfile
import types
import typing
import warnings
from collections import abc
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pydantic
from truss.base import constants
from truss.base.truss_config import TrussConfig

_SCALARS = {str: "text", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_UNIONS = (typing.Union, types.UnionType)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)
_AS_JSON = pydantic.TypeAdapter(Any)


def main() -> None:
    """Describes the definitions, then judges until stdin ends."""
    # It announces deprecations on stderr, and would ask a hub about models.
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    socket.socket.connect = _no_network  # type: ignore[method-assign]  # on purpose
    _say(_description())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        for line in sys.stdin:
            _say(_verdict(json.loads(line), file))


def _no_network(*_: object) -> None:
    raise OSError("the probe has no network")


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _description() -> dict[str, Any]:
    models: dict[str, Any] = {}
    _describe(TrussConfig, models)
    return {
        "version": version("truss"),
        "python_versions": constants.SUPPORTED_PYTHON_VERSIONS,
        "root": "TrussConfig",
        "models": models,
        "schema": TrussConfig.model_json_schema(),
    }


def _describe(model: type[pydantic.BaseModel], models: dict[str, Any]) -> None:
    """Adds the model and every model its fields reach, each once."""
    if model.__name__ in models:
        return
    models[model.__name__] = fields = {}
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        fields[name] = {
            "type": _type(_resolved(field.annotation, model), models),
            "required": field.is_required(),
            "default": None if field.is_required() else _AS_JSON.dump_python(default, mode="json"),
        }


def _resolved(annotation: Any, model: type[pydantic.BaseModel]) -> Any:
    """A type that was written as text, because it was not yet defined, as the type it names."""
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return eval(annotation, vars(sys.modules[model.__module__]))
    return annotation


def _type(annotation: Any, models: dict[str, Any]) -> dict[str, Any]:
    """The tree of a type: `kind`, and `of` for what it holds."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(inner[0], models)
    if origin in _UNIONS:
        return {"kind": "union", "of": [_type(part, models) for part in inner]}
    if origin is typing.Literal:
        return {"kind": "choice", "choices": [_plain(choice) for choice in inner]}
    if (origin or annotation) in (list, *_MAPPINGS):
        kind = "list" if (origin or annotation) is list else "mapping"
        return {"kind": kind, "of": [_type(inner[-1], models) if inner else {"kind": "any"}]}
    return _named(annotation, models)


def _named(annotation: Any, models: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(annotation, type) or annotation is Any:
        return {"kind": "any"}
    if annotation in _SCALARS:
        return {"kind": _SCALARS[annotation]}
    if issubclass(annotation, enum.Enum):
        return {"kind": "choice", "choices": [member.value for member in annotation]}
    if issubclass(annotation, pydantic.RootModel):
        return _type(annotation.model_fields["root"].annotation, models)
    if issubclass(annotation, pydantic.BaseModel):
        _describe(annotation, models)
        return {"kind": "model", "name": annotation.__name__}
    return {"kind": annotation.__name__}


def _plain(choice: object) -> object:
    return choice.value if isinstance(choice, enum.Enum) else choice


def _verdict(job: dict[str, Any], file: Path) -> dict[str, Any]:
    """`errors` of parsing, and `unknown`: what a push refuses beyond that."""
    try:
        if "text" in job:
            file.write_text(job["text"], encoding="utf-8", newline="")
            config = TrussConfig.from_yaml(file)
        else:
            config = TrussConfig.from_dict(job["data"])
    except Exception as error:  # it raises whatever its code meets: each is a refusal
        return {"errors": _errors(error), "unknown": []}
    try:
        config.validate_forbid_extra()
    except Exception as error:  # as above
        return {"errors": [], "unknown": _errors(error)}
    return {"errors": [], "unknown": []}


def _errors(error: Exception) -> list[dict[str, Any]]:
    if isinstance(error, pydantic.ValidationError):
        return [
            {"where": list(fault["loc"]), "code": fault["type"], "message": fault["msg"]}
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    return [{"where": [], "code": type(error).__name__, "message": str(error)}]


if __name__ == "__main__":
    main()
