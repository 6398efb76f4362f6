"""`make demo` does its job: it ends well, the model answers anew, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(300)
def test_the_demo_goes_through() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "demo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 diagnostics left" in ran.stdout
    assert "swapped into the live process" in ran.stdout
    assert ran.stdout.count("save -> patched -> new answer") == 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seen", ["load() took", "Break config.yaml"])
def test_an_interrupted_demo_says_so_in_a_line(seen: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a group of its own, as a shell makes one
    ) as demo:
        assert demo.stdout is not None
        assert any(seen in line for line in demo.stdout)
        os.killpg(demo.pid, signal.SIGINT)
        _, told = demo.communicate()
    assert demo.returncode == 130
    assert told == "demo: interrupted; what it had started is stopped\n"
