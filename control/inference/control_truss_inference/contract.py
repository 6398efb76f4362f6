"""What a Model class offers, read from its methods' signatures once, before and after `load`."""

from __future__ import annotations

import enum
import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Mapping

from . import framework
from .exceptions import MethodNotImplemented, ModelDefinitionError
from .schema import pydantic_model

if TYPE_CHECKING:
    from .connection import Connection

OPENAI_METHODS = ("chat_completions", "completions", "embeddings", "messages", "responses")
PIPELINE_METHODS = ("preprocess", "predict", "postprocess")


class Takes(enum.Enum):
    """What a method wants to be called with."""

    NOTHING = "nothing"
    INPUTS = "inputs"
    REQUEST = "request"
    INPUTS_AND_REQUEST = "inputs and request"


@dataclass(frozen=True)
class Method:
    """One method of the model. `input_model` is the pydantic class its input is annotated with."""

    name: str
    function: Callable[..., Any]
    takes: Takes
    input_model: Any
    returns: Any

    @property
    def needs_inputs(self) -> bool:
        return self.takes in (Takes.INPUTS, Takes.INPUTS_AND_REQUEST)

    @property
    def needs_request(self) -> bool:
        return self.takes in (Takes.REQUEST, Takes.INPUTS_AND_REQUEST)

    def arguments(self, inputs: Any, connection: Connection) -> tuple[Any, ...]:
        given = (inputs,) if self.needs_inputs else ()
        return (*given, connection.request) if self.needs_request else given


@dataclass(frozen=True)
class Contract:
    """The methods of one model instance, by name."""

    methods: Mapping[str, Method]
    is_healthy: Callable[..., Any] | None
    websocket: Callable[..., Any] | None

    @property
    def names(self) -> list[str]:
        extra = {"is_healthy": self.is_healthy, "websocket": self.websocket}
        return sorted([*self.methods, *(name for name, method in extra.items() if method)])

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """Everything of the model that is called."""
        extra = [each for each in (self.is_healthy, self.websocket) if each is not None]
        return [*(method.function for method in self.methods.values()), *extra]

    def method(self, name: str) -> Method:
        """Raises MethodNotImplemented when the model has no such method."""
        if name not in self.methods:
            raise MethodNotImplemented(f"The model does not implement `{name}`.")
        return self.methods[name]

    @property
    def first(self) -> Method:
        """The method that receives what the client sent."""
        return self.methods.get("preprocess") or self.method("predict")

    @property
    def last(self) -> Method:
        """The method whose result the client gets."""
        return self.methods.get("postprocess") or self.method("predict")


def read_contract(model: Any) -> Contract:
    """Reads the contract of a model instance. Raises ModelDefinitionError where it is broken."""
    methods = {}
    for name in (*PIPELINE_METHODS, *OPENAI_METHODS):
        function = _callable(model, name)
        if function is not None:
            methods[name] = _read_method(name, function)
    contract = Contract(methods, _callable(model, "is_healthy"), _callable(model, "websocket"))
    _check(contract, model)
    if any(method.needs_request for method in methods.values()):
        framework.prepare_requests()
    return contract


def _callable(model: Any, name: str) -> Callable[..., Any] | None:
    function = getattr(model, name, None)
    if function is not None and not callable(function):
        raise _broken(f"`{name}` of the model is no method but {type(function).__name__}.", model)
    return typing.cast("Callable[..., Any] | None", function)


def _read_method(name: str, function: Callable[..., Any]) -> Method:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:  # a function made in C tells nothing: the usual form is assumed
        return Method(name, function, Takes.INPUTS, None, None)
    hints = _hints(function)
    annotations = [hints.get(p.name, p.annotation) for p in parameters]
    takes = _takes(name, function, annotations)
    has_inputs = takes in (Takes.INPUTS, Takes.INPUTS_AND_REQUEST)
    input_model = pydantic_model(annotations[0]) if has_inputs else None
    return Method(name, function, takes, input_model, hints.get("return"))


def _takes(name: str, function: Callable[..., Any], annotations: list[Any]) -> Takes:
    if not annotations:
        return Takes.NOTHING
    if len(annotations) == 1:
        return Takes.REQUEST if _is_request(annotations[0]) else Takes.INPUTS
    if len(annotations) == 2 and _is_request(annotations[1]):
        return Takes.INPUTS_AND_REQUEST
    raise _broken(
        f"`{name}` must take nothing, the inputs, a request, or the inputs and a request: with "
        "two parameters the second has to be annotated as fastapi.Request.",
        function,
    )


def _is_request(annotation: Any) -> bool:
    if isinstance(annotation, str):  # a name that only exists for the type checker
        return annotation.strip("'\"").rpartition(".")[2] == "Request"
    return framework.is_request_class(annotation)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target = inspect.unwrap(function)
    try:
        return typing.get_type_hints(target)
    except Exception:  # evaluates the user's annotations: anything may be raised
        return dict(getattr(target, "__annotations__", {}))


def _check(contract: Contract, model: Any) -> None:
    methods, socket = contract.methods, contract.websocket
    if socket is not None:
        _check_websocket(contract, socket)
    elif "predict" not in methods:
        raise _broken("The model must have a `predict` or a `websocket` method.", model)
    discarding = [name for name in ("predict",) if "preprocess" in methods]
    for name in [*discarding, "postprocess"]:
        if name in methods and methods[name].takes is Takes.REQUEST:
            raise _broken(
                f"`{name}` takes only a request, so the result of the step before it would be "
                "lost: add a first parameter for it.",
                methods[name].function,
            )


def _check_websocket(contract: Contract, function: Callable[..., Any]) -> None:
    besides = [name for name in PIPELINE_METHODS if name in contract.methods]
    if besides:
        raise _broken(f"A model with `websocket` cannot have `{besides[0]}` too.", function)
    if not inspect.iscoroutinefunction(inspect.unwrap(function)):
        raise _broken("`websocket` must be an `async def`.", function)
    if len(inspect.signature(function).parameters) != 1:
        raise _broken("`websocket` must take exactly one parameter, the websocket.", function)


def _broken(message: str, where: Any) -> ModelDefinitionError:
    """The error, placed at the definition of the function or of the model's class."""
    target = inspect.unwrap(where) if callable(where) else type(where)
    code = getattr(target, "__code__", None)
    if code is not None:
        return ModelDefinitionError(message, code.co_filename, code.co_firstlineno)
    try:
        return ModelDefinitionError(
            message, inspect.getsourcefile(target), inspect.getsourcelines(target)[1]
        )
    except (OSError, TypeError):
        return ModelDefinitionError(message)
