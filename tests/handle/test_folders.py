"""Folders that are missing, moved or in the way, and what a config's findings are told as."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from truss_base.exceptions import NotATruss
from truss_handle import operations
from truss_handle.exceptions import MachineProblem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import ProgressEvent


async def read_logs(truss: Path) -> list[str]:
    return [line async for line in operations.logs(truss)]


VERBS: dict[str, Callable[[Path], Awaitable[Any]]] = {
    "start": operations.start,
    "stop": operations.stop,
    "patch": operations.patch,
    "plan": operations.plan,
    "predict": lambda truss: operations.predict(truss, {}),
    "status": operations.status,
    "logs": read_logs,
    "rebuild": operations.rebuild,
}


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_names_a_directory_that_is_not_there(
    home: Settings, tmp_path: Path, verb: str
) -> None:
    with pytest.raises(NotATruss, match=r"there is no directory .*/nowhere"):
        await VERBS[verb](tmp_path / "nowhere")


async def test_what_runs_of_a_folder_that_is_gone_can_be_seen_and_ended(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    shutil.rmtree(truss)
    for status in (await operations.status(truss), *await operations.list_running()):
        assert status.state == "ready"
        assert f"its folder is gone: `control-truss down {truss}`" in str(status.message)
    assert await operations.stop(truss)
    assert await operations.list_running() == []


@pytest.mark.parametrize("variable", ["CONTROL_TRUSS_HOME", "CONTROL_TRUSS_CACHE"])
async def test_a_folder_of_ours_that_cannot_be_used_names_its_setting(
    make_truss: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    truss = make_truss()
    monkeypatch.setenv("CONTROL_TRUSS_HOME", str(tmp_path / "home"))
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(variable, str(tmp_path / "file"))
    with pytest.raises(MachineProblem, match="cannot be used") as caught:
        await operations.start(truss)
    assert variable in caught.value.hint


async def test_findings_of_the_config_are_told_before_anything_is_built(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(config="requirments: []\n")
    said: list[ProgressEvent] = []
    await operations.start(truss, progress=said.append)
    assert said[0].stage == "check"
    assert said[0].message.startswith("config.yaml:3:1 `requirments`")


async def test_many_findings_are_ten_lines(home: Settings, make_truss: Callable[..., Path]) -> None:
    truss = make_truss(config="".join(f"requirments{n}: []\n" for n in range(15)))
    said: list[ProgressEvent] = []
    await operations.start(truss, progress=said.append)
    checks = [event.message for event in said if event.stage == "check"]
    assert len(checks) == 10
    assert checks[-1].startswith("and 6 more: `control-truss validate")
