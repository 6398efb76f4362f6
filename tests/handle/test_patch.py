"""Patching through the handle: what changes, what is refused, and what goes on answering."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in
from truss_base.exceptions import ConfigError, NotATruss
from truss_handle import operations
from truss_handle.exceptions import (
    NotRunning,
    PatchFailed,
    PatchRefused,
    RebuildNeeded,
    ServerUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import ProgressEvent


async def says(truss: Path) -> object:
    return (await operations.predict(truss, {"name": "x"})).body["says"]


async def test_a_save_changes_the_answer_and_the_account_of_it(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    before = await operations.status(truss)
    assert before.in_sync
    replace_in(truss / "model" / "model.py", "hello", "good day")
    changed = await operations.status(truss)
    assert changed.in_sync is False
    events: list[ProgressEvent] = []
    result = await operations.patch(truss, progress=events.append)
    assert (result.ok, result.changed, result.strategy) == (True, True, "S2")
    assert (result.prev_hash, result.hash) == (before.hash, changed.local_hash)
    assert result.reasons[0]["subject"] == "model/model.py"
    assert {"load", "total"} <= set(result.timings_ms)
    assert events
    assert await says(truss) == "good day"
    after = await operations.status(truss)
    assert (after.in_sync, after.hash) == (True, result.hash)
    assert not (await operations.patch(truss)).changed


async def test_without_the_cached_signature_the_server_is_asked(
    home: Settings, make_truss: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    truss = make_truss()
    await operations.start(truss)
    # As on another machine, or after the cache was emptied.
    monkeypatch.setenv("CONTROL_TRUSS_CACHE", str(tmp_path / "empty"))
    replace_in(truss / "model" / "model.py", "hello", "good day")
    assert (await operations.patch(truss)).changed
    assert await says(truss) == "good day"


PATCH = "import asyncio, sys, truss_handle.operations as o; asyncio.run(o.patch(sys.argv[1]))"


@pytest.mark.parametrize("word", ["hi", "good day"], ids=["another save", "the same save"])
async def test_a_patch_by_another_process_is_noticed(
    word: str, home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    replace_in(truss / "model" / "model.py", "hello", "salve")
    first = await operations.patch(truss)  # what runs is known from here on
    replace_in(truss / "model" / "model.py", "salve", "good day")
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", PATCH, str(truss))
    assert await other.wait() == 0
    assert await says(truss) == "good day"
    if word != "good day":
        replace_in(truss / "model" / "model.py", "good day", word)
    second = await operations.patch(truss)
    assert second.changed == (word != "good day")
    assert second.prev_hash != first.hash
    assert await says(truss) == word


async def test_a_dry_run_changes_nothing(home: Settings, make_truss: Callable[..., Path]) -> None:
    truss = make_truss()
    await operations.start(truss)
    replace_in(truss / "model" / "model.py", "hello", "good day")
    assert (await operations.patch(truss, dry_run=True)).strategy == "S2"
    assert await says(truss) == "hello"
    assert (await operations.status(truss)).in_sync is False


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("def predict(self", "def predict(self,,", r"SyntaxError: .*\(model/model\.py:5\)"),
        ("class Model", "import nothing_of_this_name\nclass Model", "ModuleNotFoundError"),
        ('"hello"', 'int("hello")', r"ValueError: .*\(model/model\.py:3\)"),
    ],
)
async def test_a_version_that_does_not_load_is_told_and_the_old_one_answers(
    home: Settings, make_truss: Callable[..., Path], old: str, new: str, message: str
) -> None:
    truss = make_truss()
    await operations.start(truss)
    replace_in(truss / "model" / "model.py", old, new)
    with pytest.raises(PatchFailed, match=message) as caught:
        await operations.patch(truss)
    assert str(caught.value).endswith("the old version still answers")
    assert caught.value.model_error is not None
    assert await says(truss) == "hello"
    status = await operations.status(truss)
    assert (status.state, status.in_sync) == ("ready", False)
    # The next save repairs it.
    replace_in(truss / "model" / "model.py", new, old)
    assert not (await operations.patch(truss)).changed


@pytest.mark.parametrize("correction", ['self.word = "hello"', 'self.word = "corrected"'])
async def test_undoing_or_correcting_a_mistake_ends_its_load(
    home: Settings, make_truss: Callable[..., Path], correction: str
) -> None:
    truss = make_truss()
    await operations.start(truss)
    mistake = "import time; time.sleep(99)"
    replace_in(truss / "model" / "model.py", 'self.word = "hello"', mistake)
    loading = asyncio.Event()
    hanging = asyncio.create_task(
        operations.patch(truss, progress=lambda e: loading.set() if e.stage == "load" else None)
    )
    await asyncio.wait_for(loading.wait(), 100)

    replace_in(truss / "model" / "model.py", mistake, correction)
    result = await operations.patch(truss)

    assert result.changed is ("corrected" in correction)
    with pytest.raises(PatchRefused, match="newer patch replaced this one") as caught:
        await hanging
    assert caught.value.problem["type"] == "superseded"
    assert await says(truss) == ("corrected" if result.changed else "hello")
    assert (await operations.status(truss)).in_sync


async def test_a_control_plane_killed_in_the_middle_is_told_and_nothing_is_lost(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    running = await operations.start(truss)
    replace_in(truss / "model" / "model.py", 'self.word = "hello"', "import time; time.sleep(99)")

    def kill_while_loading(event: ProgressEvent) -> None:
        if event.stage == "load":
            os.kill(running.details["pid"], signal.SIGKILL)

    with pytest.raises(ServerUnavailable, match=r"does not answer|ended its answer"):
        await operations.patch(truss, progress=kill_while_loading)
    replace_in(truss / "model" / "model.py", "import time; time.sleep(99)", 'self.word = "back"')
    await operations.start(truss)
    assert await says(truss) == "back"


async def test_what_only_a_rebuild_does_is_refused_with_its_key_and_done_by_a_rebuild(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    with (truss / "config.yaml").open("a") as config:
        config.write("bundled_packages_dir: libraries\n")
    plan = await operations.plan(truss)
    assert (plan["strategy"], plan["title"], plan["upper_bound"]) == ("S4", "rebuild", False)
    assert plan["reservation"] == ""
    with pytest.raises(RebuildNeeded, match="bundled_packages_dir") as caught:
        await operations.patch(truss)
    assert any("bundled_packages_dir" in reason["subject"] for reason in caught.value.reasons)
    assert await says(truss) == "hello"
    await operations.rebuild(truss)
    assert (await operations.status(truss)).in_sync


async def test_a_config_that_cannot_be_used_is_told_before_anything_is_sent(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    with (truss / "config.yaml").open("a") as config:
        config.write("requirements: {a: [\n")
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        await operations.patch(truss)
    assert await says(truss) == "hello"
    assert (await operations.status(truss)).state == "ready"


async def test_environment_variables_reach_a_new_interpreter(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    model = (
        "import os\n\nclass Model:\n    def predict(self, x):\n        return os.environ['WORD']\n"
    )
    truss = make_truss(model=model, config="environment_variables: {WORD: one}\n")
    await operations.start(truss)
    assert (await operations.predict(truss, {})).body == "one"
    replace_in(truss / "config.yaml", "WORD: one", "WORD: two")
    assert (await operations.patch(truss)).strategy == "S3"
    assert (await operations.predict(truss, {})).body == "two"


async def test_plans_are_exact_where_something_runs_and_bounded_where_nothing_does(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(files={"README.md": "old\n"})
    with pytest.raises(NotRunning, match="no earlier version is known"):
        await operations.plan(truss)
    await operations.start(truss)
    assert (await operations.plan(truss))["changed"] is False
    replace_in(truss / "model" / "model.py", "hello", "good day")
    exact = await operations.plan(truss)
    assert (exact["strategy"], exact["upper_bound"]) == ("S2", False)
    await operations.stop(truss)
    bound = await operations.plan(truss)
    assert (bound["changed"], bound["upper_bound"], bound["reservation"]) == (True, True, "")
    assert bound["strategy"] >= exact["strategy"]
    assert bound["reasons"]


async def test_nothing_runs(home: Settings, make_truss: Callable[..., Path]) -> None:
    truss = make_truss()
    for verb in (operations.patch(truss), operations.predict(truss, {}), operations.rebuild(truss)):
        with pytest.raises(NotRunning, match=r"nothing runs for .*greeter") as caught:
            await verb
        assert "control-truss up" in caught.value.hint
    with pytest.raises(NotRunning):
        await anext(operations.logs(truss))
    assert (await operations.status(truss)).state == "stopped"
    shutil.rmtree(truss)
    with pytest.raises(NotATruss, match="there is no directory"):
        await operations.status(truss)
