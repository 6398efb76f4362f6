"""`make demo` does its job: it ends well, the model answers anew, and nothing is left running."""

from __future__ import annotations

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
