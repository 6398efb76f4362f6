"""TrussHandle: the verbs for synchronous callers."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.control.running_plane import until
from tests.handle.conftest import replace_in
from truss_handle import TrussHandle
from truss_handle.exceptions import HandleError, InputInvalid, NotRunning, PredictFailed
from truss_handle.handle import _answer
from truss_handle.memory import Memory
from truss_handle.values import PredictResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from truss_handle.settings import Settings


def test_the_loop_without_an_event_loop(home: Settings, make_truss: Callable[..., Path]) -> None:
    truss = make_truss()
    handle = TrussHandle(truss)
    with pytest.raises(NotRunning):
        handle.predict({})
    handle.run()
    assert handle.predict({"name": "x"}).body["says"] == "hello"
    replace_in(truss / "model" / "model.py", "hello", "good day")
    assert handle.plan()["strategy"] == "S2"
    assert handle.patch().changed
    assert handle.predict({"name": "x"}).body["says"] == "good day"
    assert handle.status().in_sync
    until(lambda: "Patched to" in "".join(handle.logs()), "a note of the patch in the log")
    assert list(handle.logs(tail=5)) == list(handle.logs(tail=5))
    first = handle.status().id
    assert handle.rebuild().id == first
    assert handle.stop()
    assert not handle.stop()


SAVE_AND_END = """\
import sys
from truss_handle import TrussHandle

handle = TrussHandle(sys.argv[1])
assert handle.patch().changed
print(handle.predict({"name": "x"}).body["says"])
"""


def test_a_script_that_ends_leaves_its_notes_and_no_connection(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    handle = TrussHandle(truss)
    handle.run()
    replace_in(truss / "model" / "model.py", "hello", "good day")
    # Python tells of every socket that is not closed, if it is asked to.
    script = [sys.executable, "-W", "always", "-c", SAVE_AND_END, str(truss)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("good day\n", "")
    assert Memory(home, truss).last_hash == handle.status().hash


async def test_it_works_inside_a_running_loop_as_in_notebooks(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    handle = TrussHandle(make_truss())
    handle.run()
    assert handle.predict({"name": "x"}).status == 200
    assert handle.stop()


def test_a_path_is_resolved_when_the_handle_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "iris").mkdir()
    monkeypatch.chdir(tmp_path)
    handle = TrussHandle("iris")
    monkeypatch.chdir(os.sep)
    assert handle.path == (tmp_path / "iris").resolve()
    assert "iris" in repr(handle)
    assert isinstance(handle.path, Path)


def test_a_runtime_that_does_not_exist_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="no runtime 'k8s': choose local or docker"):
        TrussHandle(tmp_path, runtime="k8s")


@pytest.mark.parametrize("payload", [object(), {"x": {1, 2}}, b"bytes", float("nan")])
def test_a_payload_that_is_no_json_is_refused_before_anything_is_built(
    home: Settings, make_truss: Callable[..., Path], payload: object
) -> None:
    handle = TrussHandle(make_truss())
    with pytest.raises(InputInvalid, match="cannot be written as JSON"):
        handle.docker_predict(payload)
    assert handle.status().state == "stopped"


def test_predict_refuses_such_a_payload_too(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    handle = TrussHandle(make_truss())
    handle.run()
    with pytest.raises(InputInvalid, match="cannot be written as JSON"):
        handle.predict(object())
    assert handle.stop()


@pytest.mark.parametrize("name", ["prot", "runtime"])
def test_an_unknown_option_is_named_with_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputInvalid, match=rf"no option is named {name}; there are .*\bport\b"):
        TrussHandle(tmp_path).docker_run(**{name: 1})


def test_what_runs_elsewhere_is_said(home: Settings, make_truss: Callable[..., Path]) -> None:
    truss = make_truss()
    TrussHandle(truss).run()
    with pytest.raises(NotRunning) as caught:
        TrussHandle(truss, runtime="docker").patch()
    assert caught.value.hint == (
        "it runs on local: `--runtime local`, or TrussHandle(…, runtime='local')"
    )
    assert TrussHandle(truss).stop()


def test_the_answer_of_a_failing_model_says_where_to_look() -> None:
    failed = PredictResult(500, "no", 1.0, 2, "text/plain", {"type": "KeyError", "message": "x"})
    with pytest.raises(PredictFailed, match="answered 500: KeyError: x") as caught:
        _answer(failed)
    assert "logs()" in caught.value.hint


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
def test_an_uncaught_error_shows_its_hint() -> None:
    error = HandleError("it failed", hint="do that")
    assert str(error) == "it failed"
    assert "hint: do that" in "".join(traceback.format_exception(error))
