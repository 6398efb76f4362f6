"""The extension in a real workbench: what a person would do, and what that person would see."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from editor_stage import Stage

pytestmark = [pytest.mark.editor, pytest.mark.timeout(200)]


def test_a_save_changes_the_answer(stage: Stage, iris: Path, repository: Path) -> None:
    """Typo fixed, container started, asked, edited, saved with a word that holds, asked again."""
    picture = repository / "docs/images/editor.png"
    update = os.environ.get("UPDATE_PICTURE") == "1"
    stage.play("loop.mjs", truss=str(iris), picture=str(picture) if update else None)


def test_the_commands_beside_the_main_job(stage: Stage, letter: Path) -> None:
    """Status, logs, an input written in an editor, the plan of a patch."""
    stage.play("commands.mjs", truss=str(letter))


def test_without_a_server_it_says_why_once(stage: Stage, iris: Path) -> None:
    stage.play("no_server.mjs", truss=str(iris))


def test_an_untrusted_folder_is_checked_but_not_run(stage: Stage, iris: Path) -> None:
    stage.play("untrusted.mjs", truss=str(iris))
