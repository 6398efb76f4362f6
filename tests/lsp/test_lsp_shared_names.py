"""Names that config and Python share, over the wire: where they lead, and how they are renamed."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import capable
from lsp_editor import Editor, OpenEditor
from lsp_questions import at, edited, where
from lsp_truss import SPEAKER, SPEAKER_CONFIG, SPEAKER_MODEL
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.asyncio(loop_scope="module")
CONFIG, MODEL, TOOLS = "config.yaml", "model/model.py", "packages/own/tools.py"
WITH_ANCHOR = f"{SPEAKER_CONFIG}model_metadata:\n  a: &tone {{x: 1}}\n  b: *tone\n"


def marking(name: str, old: str) -> str:
    """One of the files with the cursor in it; `old` says where."""
    text = {CONFIG: WITH_ANCHOR, MODEL: SPEAKER_MODEL}.get(name) or SPEAKER[f"speaker/{name}"]
    assert text.count(old.replace("│", "")) >= 1
    return text.replace(old.replace("│", ""), old, 1)


async def places(editor: Editor, name: str, old: str, question: str) -> list[str]:
    """What `references` or `definition` answers, as `path:line:from-to`."""
    document, position = at(editor, name, marking(name, old))
    client = editor.client
    if question == "references":
        wanted = types.ReferenceContext(include_declaration=True)
        found = await client.text_document_references_async(
            types.ReferenceParams(wanted, document, position)
        )
    else:
        answer = await client.text_document_definition_async(
            types.DefinitionParams(document, position)
        )
        found = list(answer) if isinstance(answer, list) else []
    editor.close(name)
    return [where(editor, one.uri, one.range) for one in found or ()]


DEFINITIONS = {
    "the class in the config": (CONFIG, "model_class_name: Spea│ker", ["model/model.py:5:6-13"]),
    "the class where it is imported": (TOOLS, "import Spea│ker", ["model/model.py:5:6-13"]),
    "a secret under another name": (MODEL, 'held["hf_│token"]', ["config.yaml:14:2-10"]),
    "a secret in an f-string": (MODEL, "_secrets['hf_│token']", ["config.yaml:14:2-10"]),
    "a secret in the config": (
        CONFIG,
        "  hf_│token: null",
        ["model/model.py:11:26-34", "model/model.py:12:51-59"],
    ),
    "a variable in Python": (MODEL, 'environ["MO│DE"]', ["config.yaml:16:2-6"]),
    "a variable in the config": (
        CONFIG,
        "  MO│DE: fast",
        ["model/model.py:13:33-37", "packages/own/tools.py:3:19-23"],
    ),
    "an alias": (CONFIG, "*to│ne", ["config.yaml:18:6-10"]),
    "a file": (CONFIG, "requirements_file: require│ments.txt", ["requirements.txt:1:0-0"]),
    "a folder": (CONFIG, "- ../sha│red", ["../shared/tones/__init__.py:1:0-0"]),
}


@pytest.mark.parametrize(("name", "old", "expected"), DEFINITIONS.values(), ids=DEFINITIONS)
async def test_a_definition_is_one_step_away(
    speaker: Path, shared_editor: OpenEditor, name: str, old: str, expected: list[str]
) -> None:
    editor = await shared_editor(speaker, capable())
    (speaker / CONFIG).write_text(WITH_ANCHOR)
    assert await places(editor, name, old, "definition") == expected


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("data_dir: da│ta", "data/labels.txt"),
        ("bundled_packages_dir: pack│ages", "packages/own/tools.py"),
        ("model_module_dir: mo│del", "model/model.py"),
        ("model_class_filename: model│.py", "model/model.py"),
        ("examples_filename: exam│ples.yaml", "examples.yaml"),
    ],
)
async def test_every_path_leads_to_a_file(
    speaker: Path, shared_editor: OpenEditor, line: str, target: str
) -> None:
    editor = await shared_editor(speaker, capable())
    document, position = at(editor, CONFIG, f"model_name: x\n{line}\n")
    found = await editor.client.text_document_definition_async(
        types.DefinitionParams(document, position)
    )
    assert isinstance(found, list)
    assert found[0].uri == editor.uri(target)
    links = await editor.client.text_document_document_link_async(
        types.DocumentLinkParams(document)
    )
    (link,) = links or ()
    assert link.range.start.line == 1
    editor.close(CONFIG)


@pytest.mark.parametrize(
    ("name", "old", "expected"),
    [
        (
            CONFIG,
            "  hf_│token: null",
            ["config.yaml:14:2-10", "model/model.py:11:26-34", "model/model.py:12:51-59"],
        ),
        (
            MODEL,
            "class Spea│ker",
            ["config.yaml:3:18-25", "model/model.py:5:6-13", "packages/own/tools.py:2:24-31"],
        ),
    ],
)
async def test_references_are_all_places(
    speaker: Path, shared_editor: OpenEditor, name: str, old: str, expected: list[str]
) -> None:
    editor = await shared_editor(speaker, capable())
    (speaker / CONFIG).write_text(WITH_ANCHOR)
    assert sorted(await places(editor, name, old, "references")) == expected


RENAMES = {
    "a secret": (CONFIG, "  hf_│token: null", "hub", "hf_token", {CONFIG, MODEL}),
    "a secret from an f-string": (MODEL, "_secrets['hf_│token']", "hub-1", "hf_token", None),
    "a variable": (MODEL, 'environ["MO│DE"]', "SPEED", "MODE", {CONFIG, MODEL, TOOLS}),
    "the class": (CONFIG, "name: Spea│ker\n", "Voice", "Speaker", {CONFIG, MODEL, TOOLS}),
    "the class from Python": (TOOLS, "import Spea│ker", "Voice", "Speaker", None),
    "an anchor": (CONFIG, "&to│ne", "voice", "tone", {CONFIG}),
}


@pytest.mark.parametrize(("name", "old", "new", "was", "files"), RENAMES.values(), ids=RENAMES)
async def test_a_rename_changes_config_and_python_together(
    speaker: Path,
    shared_editor: OpenEditor,
    name: str,
    old: str,
    new: str,
    was: str,
    files: set[str] | None,
) -> None:
    editor = await shared_editor(speaker, capable())
    (speaker / CONFIG).write_text(WITH_ANCHOR)
    document, position = at(editor, name, marking(name, old))
    shown = await editor.client.text_document_prepare_rename_async(
        types.PrepareRenameParams(document, position)
    )
    assert isinstance(shown, types.PrepareRenamePlaceholder)
    assert shown.placeholder == was
    assert shown.range.end.character - shown.range.start.character == len(was)
    edit = await editor.client.text_document_rename_async(
        types.RenameParams(document, position, new)
    )
    after = edited(editor, edit)
    texts = {**{n.removeprefix("speaker/"): t for n, t in SPEAKER.items()}, CONFIG: WITH_ANCHOR}
    assert files is None or set(after) == files
    for changed, text in after.items():
        expected = texts[changed].replace(was, new)
        # The name that people see is another.
        assert text == expected.replace(f"model_name: {new}", f"model_name: {was}")
    editor.close(name)


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        (CONFIG, "  hf_│token: null", "a b", "letters, digits"),
        (CONFIG, "  hf_│token: null", "null", "a meaning of its own"),
        (CONFIG, "  MO│DE: fast", "1ST", "cannot name an environment variable"),
        (MODEL, '"PA│CE"', "MODE", "There is an environment variable 'MODE' already"),
        (MODEL, "class Spea│ker", "class", "cannot name a model class"),
        (MODEL, "class Spea│ker", "os", "model.py uses the name 'os'"),
        (CONFIG, "&to│ne", "a b", "cannot name an anchor"),
    ],
)
async def test_a_rename_that_would_break_something_says_why_not(
    speaker: Path, shared_editor: OpenEditor, name: str, old: str, new: str, why: str
) -> None:
    editor = await shared_editor(speaker, capable())
    (speaker / CONFIG).write_text(WITH_ANCHOR)
    document, position = at(editor, name, marking(name, old))
    with pytest.raises(JsonRpcException, match=why) as refused:
        await editor.client.text_document_rename_async(types.RenameParams(document, position, new))
    assert "\n" not in str(refused.value)
    editor.close(name)


@pytest.mark.parametrize(
    ("name", "old"), [(CONFIG, "model_na│me:"), (MODEL, "def lo│ad"), (CONFIG, "memory: 16│Gi")]
)
async def test_what_cannot_be_renamed_is_not_begun(
    speaker: Path, shared_editor: OpenEditor, name: str, old: str
) -> None:
    editor = await shared_editor(speaker, capable())
    document, position = at(editor, name, marking(name, old))
    assert not await editor.client.text_document_prepare_rename_async(
        types.PrepareRenameParams(document, position)
    )
    editor.close(name)


async def test_highlights_tell_declaration_from_use(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(speaker, capable())
    document, position = at(editor, MODEL, marking(MODEL, 'held["hf_│token"]'))
    found = await editor.client.text_document_document_highlight_async(
        types.DocumentHighlightParams(document, position)
    )
    assert [one.range.start.line for one in found or ()] == [10, 11]
    assert {one.kind for one in found or ()} == {types.DocumentHighlightKind.Read}
    document, position = at(editor, CONFIG, marking(CONFIG, "&to│ne"))
    found = await editor.client.text_document_document_highlight_async(
        types.DocumentHighlightParams(document, position)
    )
    kinds = types.DocumentHighlightKind
    assert [one.kind for one in found or ()] == [kinds.Write, kinds.Read]
    editor.close(MODEL)
    editor.close(CONFIG)
