"""A strategy by name, and a version that was taken back, as the developer's side sees them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import mortality
import pytest

from tests.handle.conftest import replace_in
from truss_base.hash import truss_hash
from truss_handle import operations
from truss_handle.cli.main import main
from truss_handle.cli.status_lines import status_lines
from truss_handle.exceptions import PatchFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import RunningStatus

CRASHING = """\
import mortality

class Model:
    def load(self):
        mortality.begin()

    def predict(self, model_input):
        return {"says": "never", "to": "nobody"}
"""


async def says(truss: Path) -> object:
    return (await operations.predict(truss, {"name": "x"})).body["says"]


async def test_restart_ends_the_old_one_first(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    replace_in(truss / "model" / "model.py", "hello", "good day")
    result = await operations.patch(truss, strategy="restart")
    assert result.strategy == "S2"
    assert "stop" in result.timings_ms
    assert await says(truss) == "good day"

    replace_in(truss / "model" / "model.py", "self.word =", "self.word = 1 / 0 or")
    with pytest.raises(PatchFailed, match="ZeroDivisionError"):
        await operations.patch(truss, strategy="restart")
    assert await says(truss) == "good day"


async def test_the_command_line_names_it_too(
    home: Settings, make_truss: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    replace_in(truss / "model" / "model.py", "hello", "good day")
    command = ["patch", str(truss), "--strategy", "reload"]
    assert await asyncio.to_thread(main, command) == 0
    out, err = capsys.readouterr()
    assert "reload was asked for" in out
    assert "writing the new version (reload)" in err


async def test_a_version_that_was_taken_back(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    right = truss_hash(truss)
    await until_healthy(truss)
    (truss / "model" / "model.py").write_text(CRASHING)
    (truss / "packages").mkdir()
    (truss / "packages" / "mortality.py").write_text(mortality.TEXT)
    wrong = truss_hash(truss)
    assert (await operations.patch(truss)).hash == wrong

    status = await until_taken_back(truss)

    assert (status.hash, status.in_sync) == (right, False)
    [line] = [line for line in status_lines(status) if "taken back" in line]
    assert line.startswith(f"taken back: {wrong[:12]}, since it ended 3 times in a row")
    assert await says(truss) == "hello"


async def until_healthy(truss: Path) -> None:
    """Answers and lives as long as a version has to."""
    await says(truss)
    await until(truss, lambda status: status.raw["healthy"])


async def until_taken_back(truss: Path) -> RunningStatus:
    return await until(
        truss, lambda status: status.raw["rolled_back_from"] and status.state == "ready"
    )


async def until(truss: Path, is_so: Callable[[RunningStatus], bool]) -> RunningStatus:
    end = time.monotonic() + 60
    while not is_so(status := await operations.status(truss)):
        assert time.monotonic() < end, status
        await asyncio.sleep(0.1)
    return status
