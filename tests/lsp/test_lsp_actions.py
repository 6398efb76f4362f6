"""Code actions: fixes, and what can be done with a container that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import bare, pushing
from lsp_editor import PATCH, REBUILD, OpenEditor, by_title
from lsp_questions import edited
from lsp_truss import CONFIG
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_misspelt_key_is_fixed_by_a_minimal_edit(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    broken = "# comment stays\nmodle_name:   x # and so does this\nuse_control_plane: true\n"
    editor.open("config.yaml", broken)
    (found,) = await editor.pushed("config.yaml")
    actions = await editor.actions("config.yaml", found.range, only=["quickfix"])
    fix = next(action for action in actions if isinstance(action, types.CodeAction))
    assert list(fix.diagnostics or ()) == [found]
    assert fix.is_preferred
    assert edited(editor, fix.edit)["config.yaml"] == broken.replace("modle_name", "model_name")


async def test_fixes_are_offered_only_where_they_belong(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    editor.open("config.yaml", "use_control_plane: true\nmodle_name: x\n")
    assert await editor.actions("config.yaml", only=["quickfix"]) == []


async def test_without_a_container_patching_is_shown_disabled_with_the_reason(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    for name in ("config.yaml", "model/model.py"):
        editor.open(name)
        actions = await editor.actions(name)
        disabled = by_title(actions, PATCH).disabled
        assert disabled is not None
        assert "No container runs" in disabled.reason
        assert by_title(actions, REBUILD).disabled is not None


async def test_a_client_that_cannot_show_disabled_actions_gets_none(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss, bare())
    editor.open("config.yaml")
    assert await editor.actions("config.yaml") == []


async def test_a_config_without_the_control_plane_gets_it_by_a_fix(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss)
    plain = CONFIG.replace("use_control_plane: true\n", "")
    editor.open("config.yaml", plain)
    fix = by_title(await editor.actions("config.yaml"), "Add `use_control_plane: true`")
    assert fix.kind == types.CodeActionKind.QuickFix
    changed = edited(editor, fix.edit)["config.yaml"]
    assert "use_control_plane: true\n" in changed
    assert changed.replace("use_control_plane: true\n", "") == plain
    editor.write("config.yaml", plain + "use_control_plane: false # why not\n")
    fix = by_title(await editor.actions("config.yaml"), "Set `use_control_plane: true`")
    assert edited(editor, fix.edit)["config.yaml"] == plain + "use_control_plane: true # why not\n"


async def test_a_config_with_the_control_plane_is_not_offered_it(
    truss: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(truss, pushing())
    for text in (CONFIG, CONFIG.replace("use_control_plane", "live_reload")):
        editor.open("config.yaml", text)
        titles = [action.title for action in await editor.actions("config.yaml")]
        assert not [title for title in titles if "use_control_plane" in title]
