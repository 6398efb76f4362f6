"""Values of secrets reach what runs already, and are not lost by a command that lacks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in
from truss_handle import operations
from truss_handle.exceptions import PatchRefused, RebuildNeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.exceptions import HandleError
    from truss_handle.settings import Settings
    from truss_handle.values import ProgressEvent

ASKS = """\
class Model:
    def __init__(self, secrets):
        self._secrets = secrets

    def predict(self, x):
        return self._secrets["key"] + "!"
"""
DECLARED = "secrets: {key: null}\n"


@pytest.fixture
async def truss(
    home: Settings,
    make_truss: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Path:
    """It runs, and nobody has given its secret a value."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))  # nobody's ~/.truss/config.yaml
    directory = make_truss(config=DECLARED, model=ASKS)
    await operations.start(directory)
    assert (await operations.predict(directory, {})).status == 500
    return directory


async def answer(truss: Path) -> object:
    return (await operations.predict(truss, {})).body


async def test_a_value_arrives_with_up_with_a_patch_and_with_a_rebuild(
    truss: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSS_SECRET_key", "one")
    await operations.start(truss)
    assert await answer(truss) == "one!"
    monkeypatch.setenv("TRUSS_SECRET_key", "two")
    assert not (await operations.patch(truss)).changed
    assert await answer(truss) == "two!"
    replace_in(truss / "model" / "model.py", '"!"', '"?"')
    monkeypatch.setenv("TRUSS_SECRET_key", "three")
    assert (await operations.patch(truss)).changed
    assert await answer(truss) == "three?"
    monkeypatch.setenv("TRUSS_SECRET_key", "four")
    await operations.rebuild(truss)
    assert await answer(truss) == "four?"


async def test_a_dry_run_hands_nothing_over(truss: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSS_SECRET_key", "one")
    await operations.patch(truss, dry_run=True)
    assert (await operations.predict(truss, {})).status == 500


@pytest.mark.parametrize(
    ("config", "refusal"),
    [("base_image: {image: other}\n", RebuildNeeded), (None, PatchRefused)],
    ids=["rebuild", "no model"],
)
async def test_a_patch_that_is_refused_hands_nothing_over(
    truss: Path, monkeypatch: pytest.MonkeyPatch, config: str | None, refusal: type[HandleError]
) -> None:
    if config is None:
        (truss / "model/model.py").unlink()
    else:
        with (truss / "config.yaml").open("a") as file:
            file.write(config)
    monkeypatch.setenv("TRUSS_SECRET_key", "one")
    with pytest.raises(refusal):
        await operations.patch(truss)
    assert (await operations.predict(truss, {})).status == 500


async def test_a_shell_without_the_variable_takes_no_value_away(
    truss: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSS_SECRET_key", "kept")
    await operations.patch(truss)
    monkeypatch.delenv("TRUSS_SECRET_key")
    for verb in (operations.start, operations.patch, operations.rebuild):
        await verb(truss)
        assert await answer(truss) == "kept!"


async def test_a_secret_declared_while_it_runs_arrives(
    home: Settings, make_truss: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    truss = make_truss(model=ASKS)
    await operations.start(truss)
    monkeypatch.setenv("TRUSS_SECRET_key", "late")
    with (truss / "config.yaml").open("a") as config:
        config.write(DECLARED)
    await operations.patch(truss)
    assert await answer(truss) == "late!"


async def test_a_missing_value_is_told_also_when_it_runs_already_and_before_a_stop(
    truss: Path,
) -> None:
    said: list[ProgressEvent] = []
    await operations.start(truss, progress=said.append)
    assert [event.message for event in said if "the secret key has no value" in event.message]
    said.clear()
    await operations.rebuild(truss, progress=said.append)
    stages = [event.stage for event in said]
    assert stages.index("secrets") < stages.index("stop")
