"""Failures of plain servers, read back from their logs."""

from __future__ import annotations

import pytest

from truss_handle.plain_failures import load_failure, predict_failure

LOG = """\
INFO control_truss: The server listens; the model is loading.
ERROR control_truss: The model failed (error c0ffee).
Traceback (most recent call last):
  File "model/model.py", line 8, in predict
    return self.look(x)
  File "packages/shop/shelf.py", line 16, in look
    return self.shelf[x]
           ~~~~~~~~~~^^^
KeyError: 'name'
ERROR control_truss: Loading the model failed.
  File "model/model.py", line 13
    return {
           ^
SyntaxError: '{' was never closed
INFO control_truss: The server ends.
ERROR control_truss: Loading the model failed.
Traceback (most recent call last):
  File "model/model.py", line 3, in load
    raise ValueError("two: lines\\n  of text")
ValueError: two: lines
  of text
INFO control_truss: The server ends.
""".splitlines()


def test_the_last_failure_to_load_is_found_with_its_place() -> None:
    error = load_failure(LOG)
    assert error is not None
    assert (error["type"], error["message"]) == ("ValueError", "two: lines\n  of text")
    assert (error["path"], error["line"]) == ("model/model.py", 3)
    assert error["traceback"].startswith("Traceback")


def test_a_syntax_error_has_a_place_without_a_function() -> None:
    error = load_failure(LOG[:14])
    assert error is not None
    assert (error["type"], error["line"]) == ("SyntaxError", 13)
    assert error["frames"] == [{"path": "model/model.py", "line": 13, "function": None}]


def test_a_failed_prediction_is_found_by_its_id() -> None:
    error = predict_failure(LOG, "c0ffee")
    assert error is not None
    assert (error["type"], error["message"]) == ("KeyError", "'name'")
    assert [frame["path"] for frame in error["frames"]] == [
        "model/model.py",
        "packages/shop/shelf.py",
    ]
    assert (error["path"], error["line"]) == ("packages/shop/shelf.py", 16)


def test_a_failure_that_is_no_exception_is_its_text() -> None:
    error = load_failure(["ERROR control_truss: Loading the model failed.", "There is no Model."])
    assert error is not None
    assert error["message"] == "There is no Model."


@pytest.mark.parametrize("lines", [[], LOG[:1], ["INFO x: Loading the model failed."]])
def test_no_failure(lines: list[str]) -> None:
    assert load_failure(lines) is None
    assert predict_failure(LOG, "other") is None
