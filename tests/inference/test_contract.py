"""What a Model class may look like, and what it is told when it may not."""

from __future__ import annotations

import functools
from typing import Any, AsyncGenerator, Awaitable, Generator, Union  # noqa: UP035  # as users write

import pytest
from fastapi import Request as FastapiRequest
from pydantic import BaseModel
from starlette.requests import Request

from control_truss_inference import schema
from control_truss_inference.contract import Takes, read_contract
from control_truss_inference.exceptions import InputError, ModelDefinitionError


class Nothing:
    def predict(self): ...


class Inputs:
    def predict(self, inputs): ...


class AnyName:
    def predict(self, model_output: dict): ...


class RequestOnly:
    def predict(self, request: Request): ...


class TextAnnotation:
    def predict(
        self,
        request: "UnknownModule.Request",  # noqa: F821, UP037  # for the type checker only
    ): ...


class Both:
    async def predict(self, inputs: Any, request: FastapiRequest): ...


class Decorated:
    @functools.lru_cache  # noqa: B019  # users do
    def predict(self, inputs): ...


class Static:
    @staticmethod
    def predict(inputs): ...


class Inherited(Both):
    pass


class MadeInC:
    predict = max


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        (Nothing, Takes.NOTHING),
        (Inputs, Takes.INPUTS),
        (AnyName, Takes.INPUTS),
        (RequestOnly, Takes.REQUEST),
        (TextAnnotation, Takes.REQUEST),
        (Both, Takes.INPUTS_AND_REQUEST),
        (Decorated, Takes.INPUTS),
        (Static, Takes.INPUTS),
        (Inherited, Takes.INPUTS_AND_REQUEST),
        (MadeInC, Takes.INPUTS),
    ],
)
def test_what_predict_takes(model: Any, takes: Takes) -> None:
    assert read_contract(model()).method("predict").takes is takes


class Empty:
    pass


class SecondUnannotated:
    def predict(self, inputs, request): ...


class ThreeParameters:
    def predict(self, inputs, request: Request, more): ...


class NotCallable:
    predict = 3


class PredictLosesInputs:
    def preprocess(self, inputs): ...
    def predict(self, request: Request): ...


class PostprocessLosesResult:
    def predict(self, inputs): ...
    def postprocess(self, request: Request): ...


class WebsocketAndPredict:
    async def websocket(self, websocket): ...
    def predict(self, inputs): ...


class SyncWebsocket:
    def websocket(self, websocket): ...


class WebsocketOfTwo:
    async def websocket(self, websocket, more): ...


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Empty, "must have a `predict` or a `websocket` method"),
        (SecondUnannotated, "the second has to be annotated as fastapi.Request"),
        (ThreeParameters, "must take nothing, the inputs, a request, or"),
        (NotCallable, "`predict` of the model is no method but int"),
        (PredictLosesInputs, "`predict` takes only a request"),
        (PostprocessLosesResult, "`postprocess` takes only a request"),
        (WebsocketAndPredict, "cannot have `predict` too"),
        (SyncWebsocket, "must be an `async def`"),
        (WebsocketOfTwo, "exactly one parameter"),
    ],
)
def test_a_broken_contract_says_what_and_where(model: Any, message: str) -> None:
    with pytest.raises(ModelDefinitionError, match=message) as broken:
        read_contract(model())
    assert broken.value.path == __file__
    assert broken.value.line is not None


class In(BaseModel):
    n: int


class Out(BaseModel):
    text: str


@pytest.mark.parametrize(
    ("returns", "output", "streams"),
    [
        (Out, True, False),
        (Awaitable[Out], True, False),
        (Generator[str, None, None], False, True),
        (AsyncGenerator[str, None], False, True),
        (Union[Out, Generator[str, None, None]], True, True),  # noqa: UP007  # as users write
        (Out | AsyncGenerator[str, None], True, True),
        (dict, False, False),
        (None, False, False),
    ],
)
def test_schema_of_annotated_types(returns: Any, output: bool, streams: bool) -> None:
    described = schema.describe(In, returns)
    assert described["input_schema"]["required"] == ["n"]
    assert described["supports_streaming"] is streams
    expected = Out.model_json_schema() if output else None
    assert described["output_schema"] == expected


def test_annotated_input_is_parsed() -> None:
    assert schema.parse(In, {"n": "3"}) == In(n=3)
    with pytest.raises(InputError, match="Input Parsing Error: 1 validation error for In"):
        schema.parse(In, {"n": "three"})
    with pytest.raises(InputError):
        schema.parse(In, None)
