"""Quick fixes and refactorings over the wire: each by its title, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import capable
from lsp_editor import Editor, OpenEditor, by_title
from lsp_questions import at, edited
from lsp_truss import SPEAKER_CONFIG, SPEAKER_MODEL
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")
CONFIG, MODEL = "config.yaml", "model/model.py"
CONTROL = "use_control_plane: true\n"


async def fixed(
    editor: Editor, name: str, source: str, title: str, only: list[str] | None = None
) -> dict[str, str]:
    """The files that an action at the mark changes, as it leaves them; they may be new."""
    _, place = at(editor, name, source)
    actions = await editor.actions(name, types.Range(place, place), only)
    action = by_title(actions, title)
    assert action.disabled is None
    return edited(editor, action.edit)


FIXES = {
    "did you mean": ("modle_│name: x\n", "Rename to `model_name`", "model_name: x\n"),
    "quote the number": (
        "resources:\n  cpu: │4  # two\n",
        "Put quotes around it: '4'",
        "resources:\n  cpu: '4'  # two\n",
    ),
    "a Python version": ("python_version: 3.│11\n", "Change to py311", "python_version: py311\n"),
    "an amount of memory": (
        "resources: {memory: 16│GB}\n",
        "Change to 16Gi",
        "resources: {memory: 16Gi}\n",
    ),
    "an accelerator's case": (
        "resources:\n  accelerator: h1│00:2\n",
        "Change to H100:2",
        "resources:\n  accelerator: H100:2\n",
    ),
    "a missing key": (
        "external_data:\n    - ur│l: x\n",
        "Add `local_data_path`",
        "external_data:\n    - url: x\n      local_data_path: weights/model.bin\n",
    ),
    "a duplicate, the lost one": (
        "model_name: a\ndescription: b\nmodel_na│me: c\n",
        "Remove the first `model_name`, which is lost",
        "description: b\nmodel_name: c\n",
    ),
    "a duplicate, this one": (
        "resources: {cpu: '1'}\nresour│ces:\n  memory: 2Gi\n",
        "Remove this `resources`, so that the first one counts",
        "resources: {cpu: '1'}\n",
    ),
    "an old name": (
        "hf_ca│che:\n- repo_id: a/b\n",
        "Rename to `model_cache`",
        "model_cache:\n- repo_id: a/b\n",
    ),
    "the transport": (
        "runtime:\n  is_websocket_en│dpoint: true  # yes\n",
        "Write `transport: {kind: websocket}`",
        "runtime:\n  transport: {kind: websocket}  # yes\n",
    ),
    "no transport": (
        "runtime:\n  is_websocket_en│dpoint: false\n  predict_concurrency: 2\n",
        "Remove `is_websocket_endpoint`",
        "runtime:\n  predict_concurrency: 2\n",
    ),
    "weights that are mounted": (
        "model_ca│che:\n- repo_id: a/b\n  revision: main\n  use_volume: true\n  volume_folder: v\n",
        "Mount them by `weights`, at the same place",
        (
            "weights:\n- source: hf://a/b@main\n  mount_location: /app/model_cache/v\n"
            "  auth_secret_name: hf_access_token\n"
        ),
    ),
    "a list that was wanted": (
        "requirements: nu│mpy  # why\n",
        "Make it a list",
        "requirements:\n  - numpy  # why\n",
    ),
    "a mapping that was wanted": (
        "environment_vari│ables:\n- A=1  # one\n- B=x\n",
        "Make it a mapping",
        "environment_variables:\n  A: '1'  # one\n  B: x\n",
    ),
    "tabs that indent": (
        "resources:\n│\tcpu: '1'\n\tmemory: 2Gi\n",
        "Indent by spaces instead of tabs",
        "resources:\n  cpu: '1'\n  memory: 2Gi\n",
    ),
    "a tab behind a colon": (
        "model_name:│\tx\n",
        "Replace the tab by a space",
        "model_name: x\n",
    ),
    "a comment that hides": (
        "modle_│name: x\n",
        "Ignore `unknown-key` on this line",
        "modle_name: x  # truss: ignore[unknown-key]\n",
    ),
    "the model's class": (
        "model_class_name: Sp│eakr\n",
        "Use the class `Speaker`",
        "model_class_name: Speaker\n",
    ),
}


@pytest.mark.parametrize(("source", "title", "after"), FIXES.values(), ids=FIXES)
async def test_a_fix_touches_only_what_is_wrong(
    speaker: Path, shared_editor: OpenEditor, source: str, title: str, after: str
) -> None:
    editor = await shared_editor(speaker, capable())
    source = f"# 🚀 stays\n{source}{CONTROL}"
    found = await fixed(editor, CONFIG, source, title)
    assert found == {CONFIG: f"# 🚀 stays\n{after}{CONTROL}"}
    editor.close(CONFIG)


async def test_the_control_plane_is_added(speaker: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(speaker, capable())
    found = await fixed(editor, CONFIG, "model_│name: x\n", "Add `use_control_plane: true`")
    assert found == {CONFIG: f"model_name: x\n{CONTROL}"}
    editor.close(CONFIG)


@pytest.mark.parametrize(
    ("config", "declared"),
    [
        (SPEAKER_CONFIG, SPEAKER_CONFIG.replace("null\n", "null\n  lost: null\n")),
        ("model_class_name: Speaker\n", "model_class_name: Speaker\nsecrets:\n  lost: null\n"),
        ("secrets:\n", "secrets:\n  lost: null\n"),
        ("secrets: {a: null}\n", "secrets: {a: null, lost: null}\n"),
    ],
)
async def test_a_secret_is_declared_from_where_it_is_read(
    speaker: Path, shared_editor: OpenEditor, config: str, declared: str
) -> None:
    """The config may be open or not; the fix of a file that is open changes its buffer."""
    model = SPEAKER_MODEL.replace('held["hf_token"]', 'held["lo│st"]')
    (speaker / MODEL).write_text(model.replace("│", ""))
    (speaker / CONFIG).write_text(config)
    editor = await shared_editor(speaker, capable())
    for is_open in (False, True):
        if is_open:
            editor.open(CONFIG)
        found = await fixed(editor, MODEL, model, "Declare `lost` in config.yaml")
        assert found == {CONFIG: declared}
        editor.close(MODEL)
    editor.close(CONFIG)


@pytest.mark.parametrize(
    ("source", "name", "holds"),
    [
        (
            "model_class_filename: ne│w.py\nmodel_class_name: Voice\n",
            "model/new.py",
            "class Voice:",
        ),
        ("requirements_file: mi│ssing.txt\n", "missing.txt", ""),
    ],
)
async def test_a_file_that_is_missing_is_created(
    speaker: Path, shared_editor: OpenEditor, source: str, name: str, holds: str
) -> None:
    editor = await shared_editor(speaker, capable())
    (text,) = (await fixed(editor, CONFIG, source, f"Create {name}")).values()
    assert text.startswith(holds)
    assert bool(text) == bool(holds)
    editor.close(CONFIG)


async def test_requirements_move_into_a_file_and_back(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    (speaker / "requirements.txt").unlink()
    editor = await shared_editor(speaker, capable())
    listed = "model_name: x\nrequire│ments:\n    - numpy==1.26.4  # why\n    - torch\nsecrets: {}\n"
    found = await fixed(editor, CONFIG, listed, "Move the requirements into requirements.txt")
    named = "model_name: x\nrequirements_file: requirements.txt\nsecrets: {}\n"
    assert found == {CONFIG: named, "requirements.txt": "numpy==1.26.4  # why\ntorch\n"}
    (speaker / "requirements.txt").write_text(found["requirements.txt"])
    back = "Move the requirements of requirements.txt here (the file stays)"
    source = named.replace("_file:", "_fi│le:")
    found = await fixed(editor, CONFIG, source, back)
    assert found == {CONFIG: listed.replace("│", "").replace("    -", "  -")}
    editor.close(CONFIG)


async def test_a_requirement_is_pinned_to_what_is_installed(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(speaker, capable())
    _, place = at(editor, CONFIG, "requirements:\n  - htt│px  # why\n")
    actions = await editor.actions(CONFIG, types.Range(place, place), ["refactor"])
    (title,) = [one.title for one in actions if one.title.startswith("Pin httpx to ")]
    found = await fixed(editor, CONFIG, "requirements:\n  - htt│px  # why\n", title)
    version = title.split()[3].strip(",")
    assert found == {CONFIG: f"requirements:\n  - httpx=={version}  # why\n"}
    editor.close(CONFIG)


async def test_what_is_safe_is_fixed_at_once(speaker: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(speaker, capable())
    source = (
        "│python_version: 3.11\nmodle_name: x\ndescription: a\ndescription: b\n"
        "resources:\n  cpu: 4\n  memory: 16GB # keep\n  accelerator: h100\n"
        "hf_cache: [{repo_id: a/b}]\nruntime: {is_websocket_endpoint: true}\n"
        "build_commands: make\nrequirements: |\n  numpy\n  torch\n"
    )
    title = "Fix all safe problems of this file"
    for only in ("source.fixAll.controlTruss", "source.fixAll"):
        found = await fixed(editor, CONFIG, source, title, [only])
        assert found[CONFIG] == (
            "python_version: py311\nmodle_name: x\ndescription: b\n"
            "resources:\n  cpu: '4'\n  memory: 16Gi # keep\n  accelerator: H100\n"
            "model_cache: [{repo_id: a/b}]\nruntime: {transport: {kind: websocket}}\n"
            "build_commands:\n  - make\nrequirements: |\n  numpy\n  torch\n"
        )
    actions = await editor.actions(CONFIG, only=["quickfix"])
    assert title not in [one.title for one in actions], "it is for those who ask for its kind"
    editor.close(CONFIG)
