"""Trusses to run, a state folder per test, and the proof that nothing is left running."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from truss_handle import operations, processes
from truss_handle.processes import ProcessName
from truss_handle.registry import Registry
from truss_handle.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CONFIG = """\
python_version: py{python}
use_control_plane: true
"""

MODEL = """\
class Model:
    def load(self):
        self.word = "hello"

    def predict(self, model_input):
        return {"says": self.word, "to": model_input["name"]}
"""


@pytest.fixture(scope="session", autouse=True)
def environments(repository: Path) -> None:
    """Environments are built once per checkout, not once per test."""
    os.environ.setdefault("CONTROL_TRUSS_CACHE", str(repository / ".cache" / "control-truss"))


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    """The settings of a user who has never run anything; whatever the test runs is stopped."""
    monkeypatch.setenv("CONTROL_TRUSS_HOME", str(tmp_path / "home"))
    settings = Settings.from_environment()
    yield settings
    started = Registry(settings).all()
    for running in started:
        await operations.stop(running.truss_dir)
    names = [ProcessName.from_details(running.details) for running in started]
    assert not [name for name in names if name and processes.is_alive(name)]
    assert Registry(settings).all() == []


@pytest.fixture
def make_truss(tmp_path: Path) -> Callable[..., Path]:
    """Writes a Truss: `make_truss("name", config="more: yaml", model=..., **{"path": text})`."""

    def make(
        name: str = "greeter",
        *,
        config: str = "",
        base: str = CONFIG,
        model: str = MODEL,
        files: dict[str, str] | None = None,
    ) -> Path:
        import sys

        version = f"{sys.version_info[0]}{sys.version_info[1]}"
        directory = tmp_path / name
        texts = {"config.yaml": base.format(python=version) + config, "model/model.py": model}
        for path, text in {**texts, **(files or {})}.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text, encoding="utf-8")
        return directory

    return make


def replace_in(path: Path, old: str, new: str) -> None:
    """An edit and a save."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
