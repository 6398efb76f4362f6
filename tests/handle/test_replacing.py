"""Replacing what runs: what the caller chose, what stays, and what is said when it fails."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.handle.conftest import MODEL, replace_in
from truss_handle import operations
from truss_handle.choices import inherited, refuse_others
from truss_handle.exceptions import PortTaken, RebuildNeeded
from truss_handle.runtimes.ports import free_port
from truss_handle.values import ProgressEvent, Running, StartOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from truss_handle.settings import Settings


def running_with(**options: Any) -> Running:
    details = {"options": StartOptions(**options).to_details()}
    return Running("i", Path("/t"), "local", "http://127.0.0.1:46007", None, 1.0, True, details)


@pytest.mark.parametrize(
    ("started", "asked", "flag"),
    [
        ({}, {"port": 46008}, "--port"),
        ({}, {"python": Path("/p/python")}, "--python"),
        ({"base_image": "a"}, {"base_image": "b"}, "--base-image"),
        ({"load_timeout": 5.0}, {"load_timeout": 7.0}, "--load-timeout"),
    ],
)
def test_a_choice_that_runs_otherwise_is_refused_with_the_command(
    started: dict[str, Any], asked: dict[str, Any], flag: str
) -> None:
    with pytest.raises(RebuildNeeded, match=flag) as caught:
        refuse_others(StartOptions(**asked), running_with(**started))
    assert f"control-truss up --rebuild {flag}" in caught.value.hint
    # The same choice again, and none at all, are fine.
    refuse_others(StartOptions(**started), running_with(**started))
    refuse_others(StartOptions(), running_with(**started))


def test_a_replacement_keeps_the_choices_of_the_one_before() -> None:
    running = running_with(python=Path("/p/python"), load_timeout=5.0)
    assert inherited(StartOptions(load_timeout=7.0), running) == StartOptions(
        python=Path("/p/python"), load_timeout=7.0
    )


async def test_another_port_is_refused_and_a_rebuild_moves_it(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    first = await operations.start(truss)
    other = StartOptions(port=free_port())
    with pytest.raises(RebuildNeeded, match=first.url.rpartition(":")[2]):
        await operations.start(truss, other)
    moved = await operations.rebuild(truss, options=other)
    assert moved.url == f"http://127.0.0.1:{other.port}"
    assert (await operations.start(truss, other)) == moved


@pytest.mark.parametrize("base", ["python_version: py{python}\n", None])
async def test_a_rebuild_keeps_the_address(
    home: Settings, make_truss: Callable[..., Path], base: str | None
) -> None:
    truss = make_truss(**({"base": base} if base else {}))
    first = await operations.start(truss)
    assert (await operations.predict(truss, {"name": "x"})).ok
    second = await operations.rebuild(truss)
    assert (second.url, second.details["options"]["port"]) == (first.url, None)
    assert second.details["pid"] != first.details["pid"]


async def test_a_taken_port_costs_nothing_of_what_runs(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    first = await operations.start(truss)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTaken):
            await operations.rebuild(truss, options=StartOptions(port=taken.getsockname()[1]))
    assert operations.find(truss) == first
    assert (await operations.predict(truss, {"name": "x"})).ok


async def test_a_cancelled_rebuild_says_that_nothing_runs(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=MODEL.replace('self.word = "hello"', "self.word = 'hello'; wait = 0"))
    await operations.start(truss)
    replace_in(truss / "model" / "model.py", "wait = 0", "import time; time.sleep(99)")
    said: list[ProgressEvent] = []
    loading = asyncio.Event()

    def progress(event: ProgressEvent) -> None:
        said.append(event)
        if event.stage == "load":
            loading.set()

    rebuild = asyncio.create_task(operations.rebuild(truss, progress=progress))
    await asyncio.wait_for(loading.wait(), 100)
    rebuild.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rebuild
    assert "nothing runs now: start it with `control-truss up" in said[-1].message
    assert operations.find(truss) is None
