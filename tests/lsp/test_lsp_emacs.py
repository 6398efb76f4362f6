"""Another real editor: Emacs in batch mode, with its client eglot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.editor
SCRIPT = Path(__file__).with_name("emacs.el")
HAS_EGLOT = "(progn (require 'package) (package-initialize) (require 'eglot))"


@pytest.fixture
def emacs() -> str:
    """The program; without it or eglot the test is skipped, or fails where all is required."""
    program = shutil.which("emacs")
    check = [program, "--batch", "-q", "--eval", HAS_EGLOT] if program else ["false"]
    if program is None or subprocess.run(check, check=False, capture_output=True).returncode:
        reason = "there is no Emacs with eglot: apt-get install emacs-nox elpa-eglot"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


def test_eglot_goes_through_an_edit(
    truss: Path, truss_home: Path, tmp_path: Path, emacs: str
) -> None:
    (truss / "config.yaml").write_text("modle_name: x # 🚀\nuse_control_plane: true\n")
    report = tmp_path / "report.json"
    environment = {
        **os.environ,
        "TRUSS": str(truss),
        "PYTHON": sys.executable,
        "REPORT": str(report),
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
    }
    command = [emacs, "--batch", "-q", "-l", str(SCRIPT)]
    ran = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=200
    )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(report.read_text())
    assert "missing" not in seen, seen
    (found,) = seen["diagnostics"]
    assert found["marked"] == "modle_name"
    assert "unknown-key" in found["text"]
    assert "model_name" in seen["fix"]
    assert "py311" in seen["completions"]
    assert "`model_name`" in seen["hover"]
    fixed = "model_name: x # 🚀\nuse_control_plane: true\npython_version: py311\n"
    assert seen["text"] == fixed == (truss / "config.yaml").read_text()
    assert seen["status"][0] == "stopped"
    assert (seen["answer"]["ok"], seen["answer"]["state"]) == (True, "stopped")
