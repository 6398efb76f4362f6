"""What shows in and beside a text, over the wire: outline, folds, selections, lenses, hints."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import capable
from lsp_editor import Editor, OpenEditor
from lsp_questions import at
from lsp_truss import SPEAKER_CONFIG
from lsprotocol import types

CONFIG, MODEL = "config.yaml", "model/model.py"
EVERYTHING = types.Range(types.Position(0, 0), types.Position(1000, 0))
shared = pytest.mark.asyncio(loop_scope="module")


def drawn(symbols: list[types.DocumentSymbol]) -> list[str]:
    lines = []
    for one in symbols:
        lines.append(f"{one.name}: {one.detail}" if one.detail else one.name)
        lines += [f"  {line}" for line in drawn(list(one.children or ()))]
    return lines


@shared
async def test_the_outline_has_keys_with_their_values(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(speaker, capable())
    editor.open(CONFIG)
    document = types.TextDocumentIdentifier(editor.uri(CONFIG))
    found = await editor.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(document)
    )
    trees = [one for one in found or () if isinstance(one, types.DocumentSymbol)]
    assert drawn(trees)[:12] == [
        "model_name: Speaker 🚀",
        "model_class_name: Speaker",
        "python_version: py311",
        "use_control_plane: true",
        "requirements_file: requirements.txt",
        "external_package_dirs: 1 entry",
        "  ../shared",
        "resources",
        "  cpu: 4",
        "  memory: 16Gi",
        "  accelerator: H100:2",
        "secrets",
    ]
    editor.close(CONFIG)


@shared
async def test_blocks_and_comments_fold(speaker: Path, shared_editor: OpenEditor) -> None:
    editor = await shared_editor(speaker, capable())
    editor.open(CONFIG, "# one\n# two\nresources:\n  cpu: '1'\ndescription: |\n  # text\n  text\n")
    document = types.TextDocumentIdentifier(editor.uri(CONFIG))
    found = await editor.client.text_document_folding_range_async(
        types.FoldingRangeParams(document)
    )
    assert sorted((one.start_line, one.end_line, one.kind) for one in found or ()) == [
        (0, 1, types.FoldingRangeKind.Comment),
        (2, 3, None),
        (4, 6, None),
    ]
    editor.close(CONFIG)


@shared
async def test_a_selection_grows_to_the_whole_text(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await shared_editor(speaker, capable())
    document, place = at(editor, CONFIG, "model_name: x\nresources:\n  memory: 16│Gi\n")
    (chain,) = (
        await editor.client.text_document_selection_range_async(
            types.SelectionRangeParams(document, [place])
        )
        or ()
    )
    spans, one = [], chain
    while one is not None:
        start, end = one.range.start, one.range.end
        spans.append((start.line, start.character, end.line, end.character))
        one = one.parent
    assert spans[:2] == [(2, 10, 2, 14), (2, 2, 2, 14)], "the value, and its entry"
    assert spans[-1] == (0, 0, 3, 0)
    editor.close(CONFIG)


async def lenses(editor: Editor, name: str) -> list[tuple[int, str]]:
    found = await editor.client.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(editor.uri(name)))
    )
    return [(one.range.start.line, one.command.title) for one in found or () if one.command]


async def hints(editor: Editor) -> dict[str, types.InlayHint]:
    document = types.TextDocumentIdentifier(editor.uri(CONFIG))
    found = await editor.client.text_document_inlay_hint_async(
        types.InlayHintParams(document, EVERYTHING)
    )
    return {str(one.label): one for one in found or ()}


async def test_amounts_and_defaults_stand_beside_the_text_until_switched_off(
    speaker: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(speaker, capable())
    editor.open(CONFIG, SPEAKER_CONFIG.replace('  cpu: "4"\n', ""))
    found = await hints(editor)
    assert set(found) == {"(cpu: 1)", "= 17.2 GB", "2 × H100"}
    assert found["= 17.2 GB"].tooltip == "17,179,869,184 bytes"
    for switch, left in (("amounts", {"(cpu: 1)"}), ("defaults", {"= 17.2 GB", "2 × H100"})):
        editor.settings = {"inlayHints": {switch: False}}
        editor.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(settings=None)
        )
        assert set(await hints(editor)) == left


async def test_a_truss_is_followed_above_its_name_and_its_class(
    running: Path, open_editor: OpenEditor
) -> None:
    """Lenses and pending hints of a real process, through a start, an edit and a prediction."""
    editor = await open_editor(
        running, capable(), settings={"patchOnSave": "off", "anyPython": True}
    )
    for name in (CONFIG, MODEL):
        editor.open(name)
    before = await lenses(editor, CONFIG)
    assert before == [(0, "○ not running"), (0, "Start")]
    assert await lenses(editor, MODEL) == [(0, "not running")]
    assert (await editor.command("truss.startContainer"))["ok"]
    verbs = [(0, "Patch"), (0, "Predict"), (0, "Show plan")]
    assert await lenses(editor, CONFIG) == [(0, "● ready (local), up to date"), *verbs]
    told = await editor.command("truss.showStatus", show=True)
    assert told["message"] == "greeter: ready (local), up to date"
    told = await editor.command("truss.predict", input={"name": "Ada"})
    assert told["message"].endswith(', 12 bytes: "Hello, Ada"')
    ((line, facts),) = await lenses(editor, MODEL)
    assert line == 0
    assert facts.startswith("loaded in ")
    assert " · last prediction " in facts
    assert facts.endswith(" MB")
    editor.write(CONFIG, f"{editor.text(CONFIG)}environment_variables:\n  MODE: fast\n")
    editor.save(CONFIG)
    await editor.command("truss.showPlan")
    await editor.command("truss.showStatus")
    state = "● ready (local), runs an older version"
    assert await lenses(editor, CONFIG) == [(0, state), *verbs]
    pending = [label for label in await hints(editor) if label.startswith("not yet patched")]
    assert pending == ["not yet patched: new environment"]
    editor.settings = {**editor.settings, "codeLens": False, "inlayHints": {"pending": False}}
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(settings=None)
    )
    assert await lenses(editor, CONFIG) == await lenses(editor, MODEL) == []
    assert not [label for label in await hints(editor) if label.startswith("not yet patched")]
