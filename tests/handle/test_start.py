"""Starting and stopping on the local runtime: real processes, real models."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in
from truss_base.exceptions import ConfigError, NotATruss
from truss_handle import operations, processes
from truss_handle.exceptions import (
    EnvironmentFailed,
    ModelLoadFailed,
    PortTaken,
    PythonNotFound,
    StartFailed,
)
from truss_handle.processes import ProcessName
from truss_handle.registry import Registry
from truss_handle.values import ProgressEvent, StartOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

LOAD_RAISES = """\
class Model:
    def load(self):
        raise ValueError("no weights")

    def predict(self, model_input):
        return model_input
"""

LOAD_HANGS = """\
import time


class Model:
    def load(self):
        time.sleep(99)

    def predict(self, model_input):
        return model_input
"""


async def test_a_start_returns_once_the_model_answers(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    events: list[ProgressEvent] = []
    running = await operations.start(truss, progress=events.append)
    assert running.control
    assert running.url.startswith("http://127.0.0.1:")
    answer = await operations.predict(truss, {"name": "World"})
    assert (answer.status, answer.body) == (200, {"says": "hello", "to": "World"})
    assert [event.stage for event in events][-2:] == ["load", "ready"]
    # The same files again: the same instance.
    assert (await operations.start(truss)).id == running.id
    assert await operations.stop(truss)
    assert (await operations.status(truss)).state == "stopped"
    assert Registry(home).folders() == []
    assert not await operations.stop(truss)


async def test_starting_a_changed_truss_patches_what_runs(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    first = await operations.start(truss)
    replace_in(truss / "model" / "model.py", "hello", "good day")
    second = await operations.start(truss)
    assert second.details["pid"] == first.details["pid"]
    assert (await operations.predict(truss, {"name": "x"})).body["says"] == "good day"


async def test_starting_with_a_change_of_the_environment_rebuilds_and_says_why(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    first = await operations.start(truss)
    with (truss / "config.yaml").open("a") as config:
        config.write("model_module_dir: code\n")
    (truss / "model").rename(truss / "code")
    events: list[ProgressEvent] = []
    second = await operations.start(truss, progress=events.append)
    assert second.details["pid"] != first.details["pid"]
    assert (await operations.predict(truss, {"name": "x"})).status == 200
    [said] = [event.message for event in events if event.stage == "rebuild"]
    assert "model_module_dir" in said


async def test_two_trusses_of_one_relative_path_are_two(
    home: Settings, make_truss: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_truss("a/iris", model="class Model:\n    def predict(self, x):\n        return 'a'\n")
    b = make_truss("b/iris", model="class Model:\n    def predict(self, x):\n        return 'b'\n")
    for project in ("a", "b"):
        monkeypatch.chdir(b.parent.parent / project)
        await operations.start("iris")
    answers = {}
    for project in ("a", "b"):
        monkeypatch.chdir(b.parent.parent / project)
        answers[project] = (await operations.predict("iris", {})).body
    assert answers == {"a": "a", "b": "b"}
    assert len(await operations.list_running()) == 2


async def test_of_two_starts_at_once_one_starts(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    first, second = await asyncio.gather(operations.start(truss), operations.start(truss))
    assert first == second


async def test_a_load_that_raises_is_told_with_its_line_and_repaired_by_a_patch(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=LOAD_RAISES)
    with pytest.raises(ModelLoadFailed, match=r"ValueError: no weights \(model/model\.py:3\)") as e:
        await operations.start(truss)
    assert e.value.model_error is not None
    assert 'raise ValueError("no weights")' in e.value.model_error["traceback"]
    assert (await operations.status(truss)).state == "failed"
    replace_in(truss / "model" / "model.py", 'raise ValueError("no weights")', "pass")
    await operations.patch(truss)
    assert (await operations.predict(truss, "x")).body == "x"


async def test_a_load_that_never_returns_ends_at_its_limit(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    model = "import time\n" + LOAD_RAISES.replace(
        'raise ValueError("no weights")', "time.sleep(99)"
    )
    truss = make_truss(model=model)
    with pytest.raises(ModelLoadFailed):
        await operations.start(truss, StartOptions(load_timeout=1.0))


async def test_a_cancelled_start_leaves_nothing(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    model = "import time\n" + LOAD_RAISES.replace(
        'raise ValueError("no weights")', "time.sleep(99)"
    )
    truss = make_truss(model=model)
    loading = asyncio.Event()

    def progress(event: ProgressEvent) -> None:
        if event.stage == "load":
            loading.set()

    start = asyncio.create_task(operations.start(truss, progress=progress))
    await asyncio.wait_for(loading.wait(), 100)
    running = operations.find(truss)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert running is not None
    process = ProcessName.from_details(running.details)
    assert process is not None
    assert not processes.is_alive(process)
    assert Registry(home).folders() == []


async def test_a_stop_gets_through_while_a_model_loads(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=LOAD_HANGS)
    loading = asyncio.Event()

    def progress(event: ProgressEvent) -> None:
        if event.stage == "load":
            loading.set()

    start = asyncio.create_task(operations.start(truss, progress=progress))
    await asyncio.wait_for(loading.wait(), 100)
    assert await operations.stop(truss)
    with pytest.raises(StartFailed, match="stopped while its model was loading"):
        await start
    assert Registry(home).folders() == []


async def test_a_killed_control_plane_is_noticed_and_started_again(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    running = await operations.start(truss)
    os.kill(running.details["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while (await operations.status(truss)).state != "stopped":
        assert time.monotonic() < deadline, "its end was never noticed"
    await operations.start(truss)
    assert (await operations.predict(truss, {"name": "x"})).status == 200


async def test_a_taken_port_is_named_with_who_to_ask(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} is taken by another program") as caught:
            await operations.start(truss, StartOptions(port=port))
        assert "ss -ltnp" in caught.value.hint
    running = await operations.start(truss, StartOptions(port=port))
    assert running.url == f"http://127.0.0.1:{port}"
    with pytest.raises(PortTaken, match=r"is taken by the Truss .*greeter"):
        await operations.start(make_truss("other"), StartOptions(port=port))


async def test_a_python_that_is_not_there_is_named(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    # 3.8 and older cannot serve, and no machine has a 3.50; the config's own list ends earlier.
    truss = make_truss(base="python_version: py314\nuse_control_plane: true\n")
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patched:
        patched.setenv("PATH", str(truss))
        patched.setenv("PYENV_ROOT", str(truss))
        patched.setenv("UV_PYTHON_INSTALL_DIR", str(truss))
        with pytest.raises(PythonNotFound, match=r"Python 3\.14, which is not installed"):
            await operations.start(truss)
    assert Registry(home).folders() == []


async def test_requirements_that_cannot_be_installed_are_told_and_nothing_stays(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(config="requirements: [six==1.16.0, six==1.17.0]\n")
    with pytest.raises(EnvironmentFailed, match=r"six==1\.16\.0"):
        await operations.start(truss)
    assert Registry(home).folders() == []


async def test_a_rebuild_that_cannot_be_built_costs_nothing(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss)
    with (truss / "config.yaml").open("a") as config:
        config.write("system_packages: [jq]\nrequirements: [six==1.16.0, six==1.17.0]\n")
    with pytest.raises(EnvironmentFailed):
        await operations.start(truss)
    assert (await operations.predict(truss, {"name": "x"})).body["says"] == "hello"


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.txt", r"missing\.txt cannot be read"), ("uv.lock", r"uv\.lock cannot be read")],
)
async def test_a_requirements_file_that_cannot_be_used_is_named(
    home: Settings, make_truss: Callable[..., Path], name: str, message: str
) -> None:
    truss = make_truss(config=f"requirements_file: {name}\n")
    with pytest.raises(EnvironmentFailed, match=message):
        await operations.start(truss)


@pytest.mark.parametrize(
    ("files", "error", "message"),
    [
        ({}, NotATruss, "there is no directory"),
        ({"model/model.py": ""}, NotATruss, "config.yaml is missing"),
        ({"config.yaml": "model_name: x\n"}, NotATruss, "model/model.py is missing"),
        ({"config.yaml": "- a\n", "model/model.py": ""}, ConfigError, "config.yaml"),
        ({"config.yaml": "a: [\n", "model/model.py": ""}, ConfigError, "config.yaml"),
    ],
)
async def test_what_is_no_truss_is_told_and_nothing_is_started(
    home: Settings, tmp_path: Path, files: dict[str, str], error: type[Exception], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / "t" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "t" / name).write_text(text)
    with pytest.raises(error, match=message):
        await operations.start(tmp_path / "t")
    assert Registry(home).folders() == []
