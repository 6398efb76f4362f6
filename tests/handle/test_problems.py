"""What the control plane refuses arrives as the right exception, on one line."""

from __future__ import annotations

from typing import Any

import pytest

from truss_handle.exceptions import (
    HandleError,
    ModelLoadFailed,
    PatchFailed,
    PatchRefused,
    RebuildNeeded,
    ServerUnavailable,
)
from truss_handle.problems import describe, exception_of

ERROR = {"type": "ValueError", "message": "no\nweights", "path": "model/model.py", "line": 12}
S4 = {"subject": "config.yaml:base_image", "strategy": "S4", "reason": "`base_image` is built in"}
S2 = {"subject": "model/model.py", "strategy": "S2", "reason": "`Model.load` changed"}


@pytest.mark.parametrize(
    ("status", "problem", "kind", "message"),
    [
        (401, {"type": "unauthorized", "detail": "No."}, ServerUnavailable, "our token: No."),
        (409, {"type": "inadmissible_patch", "detail": "Gone on."}, PatchRefused, "Gone on."),
        (413, {"type": "too_large", "title": "Too large"}, PatchRefused, "Too large"),
        (422, {"type": "unsupported_patch", "detail": "Type x?"}, PatchRefused, "Type x?"),
        (
            422,
            {"type": "unsupported_patch", "detail": "x", "reasons": [S4, S2]},
            RebuildNeeded,
            "only a rebuild does this: `base_image` is built in",
        ),
        (
            422,
            {"type": "patch_failed_recoverable", "detail": "x", "model_error": ERROR},
            PatchFailed,
            "the new version does not load: ValueError: no weights (model/model.py:12)",
        ),
        (
            503,
            {"type": "load_failed", "model_error": ERROR},
            ModelLoadFailed,
            "the model does not load: ValueError: no weights (model/model.py:12)",
        ),
        # As the existing implementation answers, and as a proxy in between may.
        (500, {"error": {"type": "unknown", "msg": "'hash'"}}, PatchRefused, "'hash'"),
        (500, {}, PatchRefused, "the control plane answered 500"),
        (502, "<html>\nBad Gateway", ServerUnavailable, "answered 502 with no problem"),
    ],
)
def test_exceptions(status: int, problem: Any, kind: type[HandleError], message: str) -> None:
    error = exception_of(status, problem)
    assert type(error) is kind
    assert message in str(error)
    assert "\n" not in str(error)


def test_reasons_and_model_errors_travel_along() -> None:
    rebuild = exception_of(422, {"type": "unsupported_patch", "reasons": [S4, S2]})
    assert isinstance(rebuild, RebuildNeeded)
    assert rebuild.reasons == (S4, S2)
    failed = exception_of(422, {"type": "patch_failed_recoverable", "model_error": ERROR})
    assert isinstance(failed, PatchFailed)
    assert failed.model_error == ERROR


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ERROR, "ValueError: no weights (model/model.py:12)"),
        ({"type": "KeyError", "message": "", "path": None}, "KeyError"),
        ({"type": "E", "message": "m", "path": "a.py", "line": None}, "E: m (a.py)"),
        ({}, "Error"),
    ],
)
def test_descriptions(error: dict[str, Any], text: str) -> None:
    assert describe(error) == text
