"""The command line: what it prints where, as text and as JSON, and how it exits."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.handle.conftest import replace_in
from truss_handle.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

Run = "Callable[..., tuple[int, str, str]]"


@pytest.fixture
def run(home: Settings, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command: exit status, stdout, stderr."""

    def command(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = capfd.readouterr()
        return status, out, err

    return command


@pytest.fixture
def ask(run: Callable[..., tuple[int, str, str]]) -> Callable[..., tuple[int, Any]]:
    """Runs a command with --json: exit status and the one object on stdout."""

    def command(*arguments: object) -> tuple[int, Any]:
        status, out, _ = run(*arguments, "--json")
        assert out.count("\n") == 1
        return status, json.loads(out)

    return command


def test_from_nothing_to_a_changed_answer(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    truss = tmp_path / "my model"
    status, out, _ = run("init", truss)
    assert status == 0
    assert out.splitlines()[0] == f"created {truss}/config.yaml"
    assert out.splitlines()[-1] == f"start it: control-truss up {shlex.quote(str(truss))}"
    assert run("validate", truss)[:2] == (0, "no findings\n")
    status, out, err = run("up", truss)
    assert status == 0
    assert "ready on the local runtime at http://127.0.0.1:" in out
    assert "loading the model" in err
    status, out, err = run("predict", truss)
    assert (status, out) == (0, '{"greeting": "Hello, World!"}\n')
    assert "input: examples.yaml" in err
    replace_in(truss / "model" / "model.py", '"Hello"', '"Good day"')
    status, out, _ = run("plan", truss)
    assert (status, out.splitlines()[0]) == (0, "S2 reload")
    status, out, _ = run("patch", truss)
    assert status == 0
    assert re.search(r": S2 in \d+ ms \(\d+ ms in all\)$", out, re.MULTILINE)
    assert run("predict", truss, "-i", '{"name": "Ada"}')[1] == '{"greeting": "Good day, Ada!"}\n'
    assert "in sync  yes" in run("status", truss)[1]
    assert str(truss) in run("list")[1]
    assert run("logs", truss)[0] == 0
    assert run("down", truss)[:2] == (0, f"{truss}: stopped the local instance\n")
    assert run("list")[:2] == (0, "nothing is running\n")
    assert run("status", truss)[0] == 3


def test_a_hot_swap_is_planned_with_the_word_of_the_live_process(
    run: Callable[..., tuple[int, str, str]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    assert run("up", truss)[0] == 0
    replace_in(truss / "model" / "model.py", '"says"', '"tells"')
    for command in (("plan",), ("patch", "--dry-run")):
        lines = run(*command, truss)[1].splitlines()
        assert "S1" in lines[0]
        assert lines[-1].endswith("hot swap"), "nothing that lives speaks against it"
    (truss / "model" / "model.py").unlink()
    status, _, err = run("patch", truss)
    assert status == 4
    assert "model/model.py is missing: it has to define the class Model" in err
    assert run("plan", truss)[0] == 4


def test_the_same_as_json(
    ask: Callable[..., tuple[int, Any]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    _, hashed = ask("hash", truss)
    status, up = ask("up", truss)
    assert (status, up["ok"], up["state"], up["in_sync"]) == (0, True, "ready", True)
    assert up["hash"] == hashed["hash"] == ask("signature", truss)[1]["hash"]
    status, answer = ask("predict", truss, "--input", '{"name": "x"}')
    assert (status, answer["ok"], answer["status"]) == (0, True, 200)
    assert answer["body"] == {"says": "hello", "to": "x"}
    assert {"latency_ms", "size", "content_type", "model_error"} <= set(answer)
    replace_in(truss / "model" / "model.py", "hello", "good day")
    status, patched = ask("patch", truss)
    assert (status, patched["changed"], patched["strategy"]) == (0, True, "S2")
    assert ask("list")[1]["running"][0]["hash"] == patched["hash"]
    status, failed = ask("predict", truss, "--input", "{}")
    assert (status, failed["ok"], failed["status"]) == (1, False, 500)
    assert failed["model_error"]["type"] == "KeyError"
    replace_in(truss / "model" / "model.py", "def load", "def load(")
    status, broken = ask("patch", truss)
    assert (status, broken["ok"], broken["error"]["type"]) == (5, False, "PatchFailed")
    assert broken["error"]["model_error"]["line"] == 2
    assert broken["error"]["hint"] == "correct the line and run `control-truss patch` again"
    with (truss / "config.yaml").open("a") as config:
        config.write("data_dir: elsewhere\n")
    status, refused = ask("patch", truss)
    assert (status, refused["error"]["type"]) == (4, "RebuildNeeded")
    assert "data_dir" in refused["error"]["message"]
    assert ask("down", truss) == (0, {"ok": True, "stopped": True, "runtimes": ["local"]})
    assert ask("down", truss) == (0, {"ok": True, "stopped": False, "runtimes": []})
    status, stopped = ask("status", truss)
    assert (status, stopped["state"]) == (3, "stopped")


def test_a_failed_load_shows_the_users_traceback_once(
    run: Callable[..., tuple[int, str, str]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model="class Model:\n    def predict(self, x):\n        return x\n\n1 / 0\n")
    status, out, err = run("up", truss)
    assert (status, out) == (1, "")
    assert err.count("ZeroDivisionError") == 2  # the traceback, and the line that says what failed
    assert "(model/model.py:5)" in err.splitlines()[-2]
    assert "site-packages" not in err
    assert err.splitlines()[-1] == "  correct the line and run `control-truss up` again"


def test_a_missing_module_is_a_requirement_to_add(
    run: Callable[..., tuple[int, str, str]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(base="python_version: py{python}\n", model="import not_there.at_all\n")
    status, _, err = run("up", truss)
    assert status == 1
    assert err.splitlines()[-1] == (
        "  add `not_there` to requirements in config.yaml, then `control-truss up`"
    )


def test_up_on_unchanged_files_loads_nothing(
    run: Callable[..., tuple[int, str, str]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    assert "loading the model" in run("up", truss)[2]
    status, out, err = run("up", truss)
    assert (status, err) == (0, "already running these files\n")
    assert "ready on the local runtime" in out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["patch"], 3, "nothing runs for"),
        (["predict", "--input", "{}"], 3, "nothing runs for"),
        (["predict", "--input", "{a"], 2, "--input is no JSON: "),
        (["predict", "--input", "@missing.json"], 2, "missing.json cannot be read"),
        (["logs"], 3, "nothing runs for"),
        (["up", "--python", "/bin/sh"], 6, "/bin/sh is no Python interpreter"),
        (["up", "--port", "0"], 2, "'0' is no port"),
        (["up", "--load-timeout", "-1"], 2, "no positive number of seconds"),
        (["logs", "--tail", "few"], 2, "no number of lines"),
        (["status", "--runtime", "moon"], 2, "invalid choice: 'moon'"),
    ],
)
def test_failures_are_one_line_and_a_status(
    run: Callable[..., tuple[int, str, str]],
    make_truss: Callable[..., Path],
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    command, *options = arguments
    given, out, err = run(command, make_truss(), *options)
    assert (given, out) == (status, "")
    assert message in err
    assert "Traceback" not in err


def test_status_names_processes_and_the_time_of_the_start(
    run: Callable[..., tuple[int, str, str]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    assert run("up", truss)[0] == 0
    status, out, _ = run("--json", "status", truss)  # --json counts before the command, too
    found = json.loads(out)
    assert status == 0
    assert set(found["pid"]) >= {"control", "inference"}
    for pid in found["pid"].values():
        os.kill(pid, 0)
    started = datetime.fromisoformat(found["started"]).timestamp()
    assert started == pytest.approx(found["started_at"], abs=1)
    assert run("down", truss)[0] == 0


def test_version(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("--version") == (0, f"control-truss {version('control-truss')}\n", "")


@pytest.mark.parametrize("command", ["status", "plan", "up", "patch", "hash", "logs", "down"])
def test_a_directory_that_does_not_exist(
    ask: Callable[..., tuple[int, Any]],
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    command: str,
) -> None:
    nope = tmp_path / "nope"
    assert run(command, nope) == (1, "", f"error: there is no directory {nope}\n")
    assert ask(command, nope)[1]["error"]["type"] == "NotATruss"


def test_what_runs_for_a_removed_directory_can_be_stopped(
    run: Callable[..., tuple[int, str, str]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    assert run("up", truss)[0] == 0
    shutil.rmtree(truss)
    assert run("down", truss)[0] == 0
    assert run("down", truss)[0] == 1


@pytest.mark.parametrize("command", ["up", "validate", "hash", "signature"])
def test_a_folder_that_is_no_truss(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, command: str
) -> None:
    status, out, err = run(command, tmp_path)
    assert (status, out) == (1, "")
    assert "config.yaml and model/model.py are missing" in err


def test_init_overwrites_nothing(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.py").write_text("mine")
    status, _, err = run("init", tmp_path)
    assert status == 2
    assert "is there already" in err
    assert not (tmp_path / "config.yaml").exists()
    assert (tmp_path / "model" / "model.py").read_text() == "mine"


def test_validate_places_its_findings(
    run: Callable[..., tuple[int, str, str]],
    ask: Callable[..., tuple[int, Any]],
    make_truss: Callable[..., Path],
) -> None:
    truss = make_truss(config="resources:\n  accelerator: H10\n")
    status, out, _ = run("validate", truss)
    assert status == 1
    assert f"{truss / 'config.yaml'}:4:16: error: " in out
    status, report = ask("validate", truss)
    [finding] = report["findings"]
    assert (status, report["ok"]) == (1, False)
    assert (finding["line"], finding["column"]) == (4, 16)
    assert run("validate", truss / "config.yaml")[0] == 1


def test_a_config_that_is_no_text_is_a_finding(
    ask: Callable[..., tuple[int, Any]], make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    (truss / "config.yaml").write_bytes(b"a: \xff\n")
    status, report = ask("validate", truss)
    assert status == 1
    assert "UTF-8" in report["findings"][0]["message"]


def test_doctor_says_what_is_there(ask: Callable[..., tuple[int, Any]]) -> None:
    status, report = ask("doctor")
    levels = {check["subject"]: check["level"] for check in report["checks"]}
    assert status == 0
    assert set(levels) == {
        "python",
        "uv",
        "docker",
        "state folder",
        "cache folder",
        "instances",
        "leftovers",
    }
    assert levels["python"] == levels["uv"] == "ok"
