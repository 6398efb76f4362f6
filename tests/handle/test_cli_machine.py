"""A machine that lacks something: extras, folders that cannot be used, readers that go away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from truss_handle.registry import Registry
from truss_handle.values import Running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

WITHOUT_EXTRAS = """
import sys
for name in ("httptools", "httpx", "uv", "docker", "requests", "pygls", "lsprotocol"):
    sys.modules[name] = None  # Python's own way to say: this cannot be imported
from truss_handle.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
PLAIN = "import sys; from truss_handle.cli.main import main; sys.exit(main(sys.argv[1:]))"
MODEL = "class Model:\n    def predict(self, x):\n        return x\n"


def command(
    *arguments: object, program: str = PLAIN, **environment: str
) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", program, *map(str, arguments)]
    given = {**os.environ, **environment}
    return subprocess.run(line, env=given, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("verb", "extra"),
    [
        ("up", "handle"),
        ("predict", "handle"),
        ("patch", "handle"),
        ("plan", "handle"),
        ("status", "handle"),
        ("logs", "handle"),
        ("down", "handle"),
        ("watch", "handle"),
        ("lsp", "lsp"),
    ],
)
def test_a_missing_extra_is_one_line(
    home: Settings, make_truss: Callable[..., Path], verb: str, extra: str
) -> None:
    arguments = (verb,) if verb == "lsp" else (verb, make_truss())
    done = command(*arguments, program=WITHOUT_EXTRAS)
    assert (done.returncode, done.stdout) == (6, "")
    assert f"this needs the extra: pip install 'control-truss[{extra}]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_doctor_names_the_extra_and_goes_on_checking(home: Settings) -> None:
    done = command("doctor", "--json", program=WITHOUT_EXTRAS)
    assert done.returncode == 6
    checks = {check["subject"]: check for check in json.loads(done.stdout)["checks"]}
    assert "control-truss[handle]" in checks["uv"]["hint"]
    assert checks["state folder"]["level"] == "ok"


def test_doctor_says_how_large_the_cache_is_and_whose_folder_is_gone(
    home: Settings, make_truss: Callable[..., Path], tmp_path: Path
) -> None:
    gone = make_truss("one two")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "file").write_bytes(bytes(3 * 1024**2))
    record = Running("x", gone, "local", "http://127.0.0.1:9", None, 0.0, True, {})
    Registry(home).create("x")
    Registry(home).save(record)
    shutil.rmtree(gone)
    done = command("doctor", "--json", CONTROL_TRUSS_CACHE=str(tmp_path / "cache"))
    checks = {check["subject"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["cache folder"]["message"].endswith("cache (3 MB)")
    assert checks["instances"]["level"] == "warning"
    assert str(gone) in checks["instances"]["message"]
    assert f"control-truss down '{gone}'" in checks["instances"]["hint"]
    Registry(home).remove("x")


@pytest.mark.parametrize("verb", ["up", "list", "status"])
def test_a_state_folder_that_cannot_be_used_is_one_line(
    tmp_path: Path, make_truss: Callable[..., Path], verb: str
) -> None:
    (tmp_path / "file").write_text("")
    arguments = (verb,) if verb == "list" else (verb, make_truss())
    done = command(*arguments, CONTROL_TRUSS_HOME=str(tmp_path / "file"))
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith(f"error: {tmp_path / 'file'}")
    assert "(ENOTDIR)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_stops_no_start(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=MODEL)
    reading, writing = os.pipe()
    os.close(reading)
    line = [sys.executable, "-c", PLAIN, "up", str(truss)]
    done = subprocess.run(line, stdout=writing, stderr=writing, timeout=60, check=False)
    os.close(writing)
    assert done.returncode == 0
    status = command("status", truss, "--json")
    assert json.loads(status.stdout)["state"] == "ready"
