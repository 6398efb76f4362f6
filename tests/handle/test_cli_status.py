"""What `status` says about patches, and `predict` about what it sends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.handle.conftest import replace_in
from truss_handle.cli.main import main
from truss_handle.cli.status_lines import status_lines
from truss_handle.values import RunningStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from truss_handle.settings import Settings

ERROR = {"type": "SyntaxError", "message": "bad", "path": "model/model.py", "line": 8}
FAILED = {"hash": "a", "ok": False, "error": ERROR}
PASSED = {"hash": "b", "ok": True}


@pytest.mark.parametrize(
    ("patches", "raw", "said"),
    [
        ([PASSED, FAILED], {}, "last patch failed: SyntaxError: bad (model/model.py:8)"),
        ([FAILED, PASSED], {}, None),
        ([], {}, None),
        ([{"ok": False, "error": "no\nspace"}], {}, "last patch failed: no space"),
        ([FAILED], {"last_patch_error": None}, None),
        (
            [],
            {"last_patch_error": {"hash": "a", "error": "x", "model_error": ERROR}},
            "last patch failed: SyntaxError: bad (model/model.py:8)",
        ),
    ],
)
def test_a_failed_patch_is_told(
    patches: list[dict[str, Any]], raw: dict[str, Any], said: str | None
) -> None:
    lines = list(status_lines(RunningStatus(Path("t"), state="ready", patches=patches, raw=raw)))
    assert [line for line in lines if "last patch" in line] == ([said] if said else [])


@pytest.mark.parametrize(("in_sync", "told"), [(True, 0), (False, 1), (None, 1)])
def test_a_version_that_was_taken_back_is_told_until_its_files_are_gone(
    in_sync: bool | None, told: int
) -> None:
    raw = {"rolled_back_from": {"hash": "abc", "error": "it ended"}}
    lines = [*status_lines(RunningStatus(Path("t"), state="ready", in_sync=in_sync, raw=raw))]
    assert len([line for line in lines if line.startswith("taken back: abc")]) == told


def test_a_patch_on_its_way_is_told() -> None:
    raw = {"pending": {"hash": "a"}}
    lines = [*status_lines(RunningStatus(Path("t"), state="ready", in_sync=False, raw=raw))]
    assert "     state  patching …" in lines
    assert "   in sync  not yet" in lines


def test_status_after_a_patch_that_does_not_load(
    home: Settings, make_truss: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    truss = make_truss()
    assert main(["up", str(truss)]) == 0
    replace_in(truss / "model/model.py", "def load", "def load(")
    assert main(["patch", str(truss)]) == 5
    capfd.readouterr()
    assert main(["status", str(truss)]) == 0
    out = capfd.readouterr().out
    assert "     state  ready" in out
    [line] = [line for line in out.splitlines() if line.startswith("last patch failed: ")]
    assert "SyntaxError" in line


def test_predict_says_why_it_does_not_send_the_example(
    home: Settings, make_truss: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    truss = make_truss(files={"examples.yaml": "- 5\n"})
    assert main(["up", str(truss)]) == 0
    assert main(["predict", str(truss), "--input", '{"name": "x"}']) == 0
    capfd.readouterr()
    assert main(["predict", str(truss)]) == 0
    said = "examples.yaml cannot be used: example 1 has no `input`; the input used last is sent"
    assert said in capfd.readouterr().err.splitlines()
