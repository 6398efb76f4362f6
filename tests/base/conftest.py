"""Trusses made of a few lines, for every test of Truss Base that needs one on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

MODEL = "class Model:\n    def predict(self, request):\n        return request\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files (path to text or bytes) into a directory, by default `tmp_path / "truss"`."""

    def write_files(files: dict[str, str | bytes], directory: Path | None = None) -> Path:
        root = directory or tmp_path / "truss"
        for path, content in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write_files


@pytest.fixture
def truss(write: Write) -> Path:
    """The smallest Truss: an empty config and a model that echoes."""
    return write({"config.yaml": "", "model/model.py": MODEL})
