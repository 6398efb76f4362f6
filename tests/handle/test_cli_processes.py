"""Commands as processes of their own: detached servers, Ctrl-C, closed pipes, watching."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from truss_handle.settings import Settings

COMMAND = [sys.executable, "-m", "truss_handle.cli.main"]
LIMIT = 60.0


def finished(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [*COMMAND, *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT, check=False)


@pytest.fixture
def background() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts commands that go on; ends those that a failed test leaves."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ctrl-C, as a terminal sends it: exit status and stderr."""
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT)
    return process.returncode, err


def test_a_server_survives_the_command_that_started_it(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    assert finished("up", truss).returncode == 0
    answer = finished("predict", truss, "--input", '{"name": "x"}')
    assert json.loads(answer.stdout)["says"] == "hello"


def test_watch_patches_after_every_save_and_ends_with_ctrl_c(
    home: Settings,
    make_truss: Callable[..., Path],
    background: Callable[..., subprocess.Popen[str]],
) -> None:
    truss = make_truss()
    model = truss / "model" / "model.py"
    assert finished("up", truss).returncode == 0
    watch = background("watch", truss)
    assert watch.stderr is not None
    assert watch.stdout is not None
    until(lambda: "watching" in watch.stderr.readline())  # type: ignore[union-attr]  # a pipe
    replace_in(model, "def load(self)", "def load(self")
    until(lambda: "SyntaxError" in watch.stderr.readline())  # type: ignore[union-attr]  # a pipe
    replace_in(model, "def load(self", "def load(self)")
    replace_in(model, "hello", "good day")
    until(lambda: "S2" in watch.stdout.readline())  # type: ignore[union-attr]  # a pipe
    status, err = interrupted(watch)
    assert status == 130
    assert err.splitlines()[-1] == "interrupted"
    assert "Traceback" not in err
    answer = finished("predict", truss, "--input", '{"name": "x"}')
    assert json.loads(answer.stdout)["says"] == "good day"


def test_ctrl_c_while_a_model_loads_leaves_nothing(
    home: Settings,
    make_truss: Callable[..., Path],
    background: Callable[..., subprocess.Popen[str]],
) -> None:
    model = "import time\n\nclass Model:\n    def load(self):\n        time.sleep(99)\n"
    truss = make_truss(model=model + "    def predict(self, x):\n        return x\n")
    up = background("up", truss)
    assert up.stderr is not None
    until(lambda: "loading the model" in up.stderr.readline())  # type: ignore[union-attr]  # a pipe
    status, err = interrupted(up)
    assert status == 130
    assert "Traceback" not in err
    assert json.loads(finished("list", "--json").stdout)["running"] == []


def test_followed_logs_show_what_the_model_prints(
    home: Settings,
    make_truss: Callable[..., Path],
    background: Callable[..., subprocess.Popen[str]],
) -> None:
    model = (
        "class Model:\n    def predict(self, x):\n        print('asked for', x)\n        return x\n"
    )
    truss = make_truss(model=model)
    assert finished("up", truss).returncode == 0
    logs = background("logs", truss, "--follow")
    assert finished("predict", truss, "--input", '"tea"').returncode == 0
    assert logs.stdout is not None
    until(lambda: "asked for tea" in logs.stdout.readline())  # type: ignore[union-attr]  # a pipe
    assert interrupted(logs)[0] == 130


def test_a_closed_pipe_is_no_error(home: Settings, make_truss: Callable[..., Path]) -> None:
    files = {f"packages/m{number}.py": "" for number in range(3000)}
    truss = make_truss(files=files)
    shell = f"{' '.join(COMMAND)} signature '{truss}' | head -n 1"
    done = subprocess.run(
        shell, shell=True, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_lsp_runs_the_language_server(background: Callable[..., subprocess.Popen[str]]) -> None:
    pytest.importorskip("lsp_server.__main__", reason="the language server is not there yet")
    server = background("lsp", "--stdio")
    assert server.stdin is None
    # Nobody speaks to it: its stdin is at its end, so it ends by itself.
    _, err = server.communicate(timeout=LIMIT)
    assert "not installed" not in err
