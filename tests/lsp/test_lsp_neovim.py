"""A real editor that is not VS Code: Neovim, headless, with nothing but its built-in client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.editor
SCRIPT = Path(__file__).with_name("neovim.lua")


@pytest.fixture
def nvim() -> str:
    """The program; without it the test is skipped, or fails where everything is required."""
    program = shutil.which("nvim")
    if program is None:
        reason = "nvim is not installed: apt-get install neovim"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


def test_the_loop_of_an_edit(truss: Path, truss_home: Path, tmp_path: Path, nvim: str) -> None:
    (truss / "config.yaml").write_text("modle_name: x # 🚀\nuse_control_plane: true\n")
    report = tmp_path / "report.json"
    environment = {
        **os.environ,
        "TRUSS": str(truss),
        "PYTHON": sys.executable,
        "REPORT": str(report),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [nvim, "--headless", "-u", "NONE", "-n", "-c", f"luafile {SCRIPT}"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=100)
    seen = json.loads(report.read_text())
    assert "missing" not in seen, seen
    assert seen["diagnostics"] == [{"code": "unknown-key", "line": 0, "first": 0, "last": 10}]
    assert "model_name" in seen["fix"]
    assert seen["lines"] == ["model_name: x # 🚀", "use_control_plane: true"]
    assert "`model_name`" in seen["hover"]
    assert seen["status"] == ["stopped"]
    assert seen["answer"]["ok"] is True
    assert seen["answer"]["state"] == "stopped"
