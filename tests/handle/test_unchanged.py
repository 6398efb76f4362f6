"""Patches that have nothing to send: what they still do, and say."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import MODEL, replace_in
from truss_handle import operations
from truss_handle.cli.main import main
from truss_handle.client import ServerClient
from truss_handle.exceptions import ModelLoadFailed, NotRunning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings


async def stop_model(truss: Path) -> None:
    """As whoever frees the accelerator for an hour does it, with curl."""
    running = operations.find(truss)
    assert running is not None
    await ServerClient(running).stop_inference_server()


async def test_a_model_that_was_stopped_is_no_instance_that_ended(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    await stop_model(truss)

    status = await operations.status(truss)
    assert (status.state, status.in_sync) == ("stopped", True)
    assert status.url is not None
    assert "its model was stopped: `control-truss up" in str(status.message)
    with pytest.raises(NotRunning, match="its model was stopped") as caught:
        await operations.patch(truss)
    assert "control-truss up" in caught.value.hint
    refused = await operations.predict(truss, {"name": "x"})
    assert refused.status == 503
    assert "`control-truss up`" in json.dumps(refused.body)

    await operations.start(truss)
    assert (await operations.predict(truss, {"name": "x"})).ok


def test_the_command_line_tells_a_stopped_model_from_nothing(
    home: Settings, make_truss: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    truss = make_truss()
    assert main(["status", str(truss)]) == 3
    assert main(["up", str(truss)]) == 0
    asyncio.run(stop_model(truss))
    capsys.readouterr()
    assert main(["status", str(truss)]) == 0
    assert "its model was stopped: `control-truss up" in capsys.readouterr().out
    assert main(["patch", str(truss)]) == 3


async def test_a_model_that_does_not_load_is_told_though_nothing_is_to_patch(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=MODEL.replace('"hello"', "1 / 0"))
    with pytest.raises(ModelLoadFailed):
        await operations.start(truss)
    with pytest.raises(ModelLoadFailed, match="ZeroDivisionError"):
        await operations.patch(truss)


@pytest.mark.parametrize("strategy", ["reload", "restart"])
async def test_a_strategy_loads_the_model_again(
    home: Settings, make_truss: Callable[..., Path], strategy: str
) -> None:
    model = "import os\n\n\nclass Model:\n    def predict(self, x):\n        return os.getpid()\n"
    truss = make_truss(model=model)
    await operations.start(truss)
    before = (await operations.predict(truss, {})).body
    assert not (await operations.patch(truss)).changed
    assert (await operations.predict(truss, {})).body == before
    result = await operations.patch(truss, strategy=strategy)
    assert (result.changed, result.strategy) == (False, "S2")
    assert "loaded again" in result.msg
    assert (await operations.predict(truss, {})).body != before


def test_a_mistake_that_was_undone_is_told_no_more(
    home: Settings, make_truss: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    truss = make_truss()
    assert main(["up", str(truss)]) == 0
    model = truss / "model/model.py"
    replace_in(model, "def load", "def load(")
    assert main(["patch", str(truss)]) == 5
    replace_in(model, "def load(", "def load")
    assert main(["patch", str(truss)]) == 0
    capfd.readouterr()
    assert main(["status", "--json", str(truss)]) == 0
    assert json.loads(capfd.readouterr().out)["raw"]["last_patch_error"] is None
