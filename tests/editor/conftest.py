"""A real VS Code workbench with the extension in it, for scenarios written in JavaScript."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from editor_stage import Stage


@pytest.fixture(scope="session")
def tools(repository: Path) -> Path:
    """The folder of code-server and Playwright; skips, or fails, where they are not installed."""
    check = [repository / "scripts/editor-setup", "--check"]
    checked = subprocess.run(check, capture_output=True, text=True, check=False)
    if checked.returncode:
        reason = checked.stderr.strip() or "scripts/editor-setup failed"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return repository / ".tools/editor"


@pytest.fixture(scope="session")
def extensions(repository: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed extensions that holds ours, unpacked from the package we would ship."""
    source = repository / "editor-extension"
    packaged = subprocess.run(
        ["npm", "run", "package"], cwd=source, capture_output=True, text=True, check=False
    )
    assert packaged.returncode == 0, packaged.stdout + packaged.stderr
    folder = tmp_path_factory.mktemp("extensions")
    with zipfile.ZipFile(source / "control-truss.vsix") as archive:
        archive.extractall(folder / "unpacked")
    (folder / "unpacked/extension").rename(folder / "control-truss")
    shutil.rmtree(folder / "unpacked")
    return folder


@pytest.fixture
def stage(tools: Path, extensions: Path) -> Iterator[Stage]:
    home = Path(tempfile.mkdtemp(prefix="ct-editor-"))
    stage = Stage(home, tools, extensions)
    try:
        yield stage
    finally:
        stage.stop_containers()
        shutil.rmtree(home)


@pytest.fixture
def iris(stage: Stage, fixture_trusses: Path) -> Path:
    return stage.set(fixture_trusses / "iris")


@pytest.fixture
def letter(stage: Stage, fixture_trusses: Path) -> Path:
    return stage.set(fixture_trusses / "letter")
