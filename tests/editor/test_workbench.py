"""The extension in a real workbench: what a person would do, and what that person would see."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from editor_stage import Stage

pytestmark = [pytest.mark.editor, pytest.mark.timeout(200)]


def test_a_save_changes_the_answer(stage: Stage, truss: Path, repository: Path) -> None:
    """Typo fixed, container started, asked, edited, saved, asked again, stopped."""
    picture = repository / "docs/images/editor.png"
    update = os.environ.get("UPDATE_PICTURE") == "1"
    stage.play("loop.mjs", truss=str(truss), picture=str(picture) if update else None)


def test_without_a_server_it_says_why_once(stage: Stage, truss: Path) -> None:
    stage.play("no_server.mjs", truss=str(truss))


def test_an_untrusted_folder_is_checked_but_not_run(stage: Stage, truss: Path) -> None:
    stage.play("untrusted.mjs", truss=str(truss))
