"""Notes that nobody waits for are written, once each, whatever ends first."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.handle.raw_servers import DEADLINE, until
from truss_handle import afterwards as module
from truss_handle.afterwards import afterwards
from truss_handle.memory import Memory
from truss_handle.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


async def test_work_is_done_once_it_is_quiet_the_last_of_each_name() -> None:
    done: list[str] = []
    for name, work in (("a", "first"), ("b", "other"), ("a", "second")):
        await afterwards(name, partial(done.append, work))
    assert done == []
    await until(lambda: len(done) == 2)
    assert done == ["second", "other"]


def test_an_event_loop_that_ends_leaves_nothing_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET", 3600.0)
    done: list[str] = []
    asyncio.run(afterwards("a", partial(done.append, "a")))
    assert done == ["a"]


def test_a_work_that_takes_long_does_not_end_after_the_next_one_of_its_name() -> None:
    done: list[str] = []
    began, goes_on = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        assert goes_on.wait(DEADLINE)
        done.append("older")

    async def twice() -> None:
        await afterwards("a", slow)
        await until(began.is_set)
        await afterwards("a", partial(done.append, "newer"))
        asyncio.get_running_loop().call_later(2 * module.QUIET, goes_on.set)
        await until(lambda: len(done) == 2)

    asyncio.run(twice())
    assert done == ["older", "newer"]


def test_what_another_process_remembered_is_seen(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache")
    ours, theirs = Memory(settings, tmp_path), Memory(settings, tmp_path)
    assert not ours.has(input=1)
    ours.remember(input=1)
    assert ours.has(input=1)
    theirs.remember(hash="ab", input=2)
    assert not ours.has(input=1)
    assert (ours.last_input(), ours.last_hash) == ((2,), "ab")
    (file,) = settings.memory.iterdir()
    file.unlink()
    assert not ours.has(input=2)
    assert ours.last_input() is None
    file.write_text("{")
    assert ours.last_input() is None
