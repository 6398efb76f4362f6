"""starlette is for the user's code: imported when that asks for it, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from inference_process import PREDICT, serving, write_truss

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = """
    import sys

    class Model:
        def predict(self, inputs):
            if inputs == "fails":
                raise ValueError
            return [name for name in ("starlette", "anyio", "fastapi") if name in sys.modules]
    """
ONE_REQUEST = """
    from fastapi import Request

    class Model:
        def preprocess(self, inputs, request: Request):
            request.state.asked = inputs
            return inputs

        async def predict(self, inputs, request: Request):
            headers = [request.headers["X-Twice"], request.query_params["q"]]
            return [request.state.asked, await request.json(), *headers]
    """


def test_plain_data_and_failures_need_none(clean_python: str, tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, PLAIN), clean_python) as server:
        assert server.predict("fails").status_code == 500
        assert server.http.get("/nowhere").status_code == 404
        assert server.http.get("/metrics").status_code == 200
        assert server.predict(None).json() == []


def test_every_step_gets_the_same_request(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, ONE_REQUEST)) as server:
        answer = server.http.post(f"{PREDICT}?q=1", json={"a": 2}, headers={"X-Twice": "x"})
    assert answer.json() == [{"a": 2}, {"a": 2}, "x", "1"]


RAISES = """
    from starlette.exceptions import HTTPException

    class Model:
        def predict(self, inputs):
            raise HTTPException(**inputs)
    """


@pytest.mark.parametrize(
    ("raised", "body", "headers"),
    [
        ({"status_code": 204}, b"", {"content-length": None}),
        ({"status_code": 304}, b"", {"content-length": None}),
        (
            {"status_code": 418, "detail": {"tea": "pot"}, "headers": {"Content-Type": "text/tea"}},
            b'{"error": {"tea": "pot"}}',
            {"content-type": "text/tea", "content-length": "25", "x-baseten-error-code": "600"},
        ),
        (
            {"status_code": 429, "detail": "later", "headers": {"Retry-After": 5}},
            b'{"error": "later"}',
            {"retry-after": "5"},
        ),
    ],
)
def test_an_http_exception_is_an_answer(
    raised: dict[str, Any], body: bytes, headers: dict[str, str | None], tmp_path: Path
) -> None:
    with serving(write_truss(tmp_path, RAISES)) as server:
        for _ in range(2):  # the connection is good for another request
            answer = server.predict(raised)
            assert (answer.status_code, answer.content) == (raised["status_code"], body)
            assert {name: answer.headers.get(name) for name in headers} == headers


@pytest.mark.parametrize("status", [100, 102, "404"])
def test_a_status_that_ends_nothing_is_a_failure_of_the_model(
    status: object, tmp_path: Path
) -> None:
    with serving(write_truss(tmp_path, RAISES)) as server:
        answer = server.predict({"status_code": status, "detail": "no answer"})
        assert answer.status_code == 500
        assert "no answer" in server.event("predict_error")["error"]["message"]
