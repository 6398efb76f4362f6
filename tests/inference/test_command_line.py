"""How the server is started, and what it says to who starts it otherwise."""

from __future__ import annotations

import subprocess
import sys

import pytest
from inference_process import BOOT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--socket PATH --control-fd N"),
        (["--help"], "--plain --release-dir DIR"),
        (["--socket", "s"], "--socket PATH --control-fd N"),
        (["--socket", "s", "--control-fd", "three"], "--socket PATH --control-fd N"),
        (["--plain", "--config-file", "c"], "arguments are required: --release-dir"),
        (["--plain", "--port", "x", "--release-dir", "r", "--config-file", "c"], "'x'"),
    ],
)
def test_a_wrong_command_line_is_answered_with_a_right_one(arguments: list[str], said: str) -> None:
    done = subprocess.run([sys.executable, "-c", BOOT, *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
