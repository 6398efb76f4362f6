"""Where a scenario plays, and what it may touch."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from truss_handle.registry import Registry
from truss_handle.settings import Settings

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
PATIENCE_SECONDS = 150
ENDING_SECONDS = 30


@dataclass(frozen=True)
class Stage:
    """Where a scenario plays: private folders, short because sockets lie in them."""

    home: Path
    tools: Path
    extensions: Path

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the user's is touched, but what was downloaded once is used again."""
        return {
            "CONTROL_TRUSS_CACHE": str(REPOSITORY / ".cache/control-truss"),
            "UV_CACHE_DIR": str(Path.home() / ".cache/uv"),
            **os.environ,
            "CONTROL_TRUSS_HOME": str(self.home / "state"),
        }

    def set(self, truss: Path) -> Path:
        """A copy of a Truss, alone in the folder that the workbench opens."""
        return Path(shutil.copytree(truss, self.home / "workspace" / truss.name))

    def play(self, scenario: str, **given: Any) -> None:
        """Runs a scenario to its end; a failure shows its steps and where its picture lies."""
        arguments = {
            "tools": str(self.tools),
            "extensions": str(self.extensions),
            "home": str(self.home),
            "python": sys.executable,
            "browser": _browser(),
            **given,
        }
        process = subprocess.Popen(
            [self.tools / "node/bin/node", HERE / scenario, json.dumps(arguments)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nstill not done after {PATIENCE_SECONDS} s"
        _outlive(process.pid)
        print(output)
        if process.returncode:
            story = f"{scenario}\n{output}\npicture: {self._picture()}\n{self._log()}"
            pytest.fail(story, pytrace=False)

    def _picture(self) -> str:
        picture = self.home / "failure.png"
        if not picture.exists():
            return "none"
        kept = Path(tempfile.gettempdir()) / "control-truss-editor-failure.png"
        shutil.copy(picture, kept)
        return str(kept)

    def _log(self) -> str:
        """What extension and language server have logged."""
        logs = self.home.glob("data/logs/**/*Control Truss.log")
        return "\n".join(log.read_text(errors="replace") for log in logs)

    def stop_containers(self) -> None:
        """Whatever a scenario that failed half-way has left running."""
        command = [Path(sys.executable).with_name("control-truss")]
        for running in Registry(Settings.from_environment(self.environment)).all():
            subprocess.run([*command, "down", running.truss_dir], env=self.environment, check=False)


def _outlive(group: int) -> None:
    """Waits for a process group to end: the children of code-server write for a second or two."""
    deadline = time.monotonic() + ENDING_SECONDS
    while _exists(group):
        if time.monotonic() > deadline:
            os.killpg(group, signal.SIGKILL)
            return
        time.sleep(0.05)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _browser() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(path for name in names if (path := shutil.which(name)))
