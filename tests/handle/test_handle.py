"""TrussHandle: the verbs for synchronous callers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in
from truss_handle import TrussHandle
from truss_handle.exceptions import NotRunning

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
    assert list(handle.logs(tail=5)) == list(handle.logs(tail=5))
    first = handle.status().id
    assert handle.rebuild().id == first
    assert handle.stop()
    assert not handle.stop()


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
