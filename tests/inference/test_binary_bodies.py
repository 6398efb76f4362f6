"""MessagePack bodies: what Truss clients send and receive."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import TYPE_CHECKING, Any

import msgpack
import numpy
import pytest
from inference_process import PREDICT, serving, write_truss

from control_truss_inference import binary
from control_truss_inference.exceptions import InputError

if TYPE_CHECKING:
    from pathlib import Path

UTC = dt.timezone.utc
HEADERS = {"content-type": "application/octet-stream"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"a": [1, 2.5, "text", b"bytes", True]},
        dt.datetime(2026, 11, 21, 23, 1, 2, 3, UTC),
        dt.datetime(2026, 11, 21, 23, 1),  # noqa: DTZ001  # a naive one comes back naive
        dt.date(2026, 11, 21),
        dt.time(23, 1),
        dt.timedelta(days=-1, seconds=5, microseconds=7),
        decimal.Decimal("1.10"),
        uuid.UUID(int=5),
        1 + 2j,
        {"data": {"nested": [decimal.Decimal(1)]}},
    ],
)
def test_a_value_survives(value: Any) -> None:
    assert binary.unpack(binary.pack(value)) == value


@pytest.mark.parametrize(
    "array",
    [
        numpy.arange(6, dtype="float32").reshape(2, 3),
        numpy.array([], dtype="int64"),
        numpy.array(3),
        numpy.asfortranarray(numpy.eye(3)),
        numpy.array(["a", "äö"]),
        numpy.array([True, False]),
    ],
)
def test_an_array_survives(array: Any) -> None:
    back = binary.unpack(binary.pack({"x": array}))["x"]
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    numpy.testing.assert_array_equal(back, array)
    assert back.flags.writeable


def test_the_wire_form_of_an_array_is_that_of_msgpack_numpy() -> None:
    packed = binary.pack(numpy.array([[1, 2]], dtype="<i4"))
    assert msgpack.unpackb(packed) == {
        b"nd": True,
        b"type": "<i4",
        b"kind": b"",
        b"shape": [1, 2],
        b"data": b"\x01\0\0\0\x02\0\0\0",
    }
    scalar = msgpack.unpackb(binary.pack(numpy.float32(1.0)))
    assert scalar == {b"nd": False, b"type": "<f4", b"data": b"\0\0\x80?"}
    assert binary.unpack(binary.pack(numpy.float32(2.5))) == 2.5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgpack.packb({b"nd": True, b"type": "|O", b"kind": b"O", b"shape": [], b"data": b""}),
        msgpack.packb({b"nd": True, b"type": "<i4", b"kind": b"", b"shape": [9], b"data": b"1"}),
        msgpack.packb({b"__uuid__": True, b"data": "no uuid"}),
    ],
)
def test_a_body_that_is_none(body: bytes) -> None:
    with pytest.raises(InputError, match="Invalid MessagePack payload"):
        binary.unpack(body)


def test_a_model_answers_in_the_form_it_was_asked_in(tmp_path: Path) -> None:
    model = """
        import numpy
        from pydantic import BaseModel
        class Result(BaseModel):
            mean: float
        class Model:
            def predict(self, inputs):
                if isinstance(inputs["x"], numpy.ndarray):
                    inputs["x"] += 1
                    return {"doubled": inputs["x"] * 2, "raw": b"bytes"}
                return Result(mean=numpy.mean(inputs["x"]))
        """
    with serving(write_truss(tmp_path, model)) as server:
        body = binary.pack({"x": numpy.array([1.0, 2.0])})
        answer = server.http.post(PREDICT, content=body, headers=HEADERS)
        assert answer.headers["content-type"] == "application/octet-stream"
        result = binary.unpack(answer.content)
        assert result["raw"] == b"bytes"
        numpy.testing.assert_array_equal(result["doubled"], [4.0, 6.0])
        assert server.predict({"x": [1, 2]}).json() == {"mean": 1.5}
        listed = server.http.post(PREDICT, content=msgpack.packb({"x": [3]}), headers=HEADERS)
        assert msgpack.unpackb(listed.content) == {"mean": 3.0}
