"""Completion over the wire, in a Truss with files, code and neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import capable
from lsp_editor import Editor, OpenEditor
from lsp_questions import accepted, completions
from lsp_truss import SPEAKER_CONFIG
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def editor_on(speaker: Path, shared_editor: OpenEditor) -> Editor:
    editor = await shared_editor(speaker, capable())
    editor.open("config.yaml")
    return editor


KEYS = {
    "at the top": ("│", ["model_name", "weights"], ["cpu"]),
    "what is there is not offered": (
        f"{SPEAKER_CONFIG}│",
        ["weights", "data_dir"],
        ["model_name", "secrets", "resources", "environment_variables"],
    ),
    "in a block": (
        SPEAKER_CONFIG.replace("  memory: 16Gi\n", "  │\n"),
        ["memory", "node_count"],
        ["cpu", "accelerator", "model_name"],
    ),
    "in braces": ("resources: {cpu: '1', │}", ["memory"], ["cpu", "model_name"]),
    "in braces over lines": ("resources: {\n  cpu: '1',\n  │\n}", ["memory"], ["cpu"]),
    "in an entry of a list": (
        "weights:\n- source: x\n  │",
        ["mount_location", "auth"],
        ["source", "model_name"],
    ),
    "in braces in brackets": ("external_data: [{url: x, │}]", ["local_data_path"], ["url"]),
    "by four spaces": ("runtime:\n    transport:\n        │", ["kind"], ["transport"]),
    "by three": ("runtime:\n   transport:\n      │", ["kind"], ["transport"]),
    "above, a bracket is open": ("broken: [\nresources:\n  │", ["cpu"], ["model_name"]),
    "above, a quote is open": ("a: 'open\nresources:\n  c│", ["cpu"], ["model_name"]),
    "above, a tab indents": ("resources:\n\tcpu: '1'\nruntime:\n  │", ["transport"], ["cpu"]),
}


@pytest.mark.parametrize(("source", "offered", "withheld"), KEYS.values(), ids=KEYS)
async def test_keys_by_context(
    speaker: Path,
    shared_editor: OpenEditor,
    source: str,
    offered: list[str],
    withheld: list[str],
) -> None:
    editor = await editor_on(speaker, shared_editor)
    labels = [item.label for item in await completions(editor, source)]
    assert set(offered) <= set(labels)
    assert not set(withheld) & set(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("source", "required"),
    [
        ("external_data:\n- │", ["url", "local_data_path"]),
        ("weights:\n- │", ["source", "mount_location"]),
        ("runtime:\n  transport:\n    │", ["kind"]),
    ],
)
async def test_required_keys_come_first(
    speaker: Path, shared_editor: OpenEditor, source: str, required: list[str]
) -> None:
    editor = await editor_on(speaker, shared_editor)
    labels = [item.label for item in await completions(editor, source)]
    assert labels[: len(required)] == required


async def test_old_keys_come_last_and_crossed_out(speaker: Path, shared_editor: OpenEditor) -> None:
    editor = await editor_on(speaker, shared_editor)
    items = await completions(editor, "model│")
    old = [item.label for item in items if item.deprecated]
    assert {"model_cache", "model_framework"} <= set(old)
    assert [item.label for item in items][-len(old) :] == old


@pytest.mark.parametrize(
    ("typed", "label", "becomes"),
    [
        # A line of the config, its ending while it is typed, what is chosen, and the line then.
        ("use_control_plane: true", "use_control_plane: │", "true"),
        ("use_control_plane: true", "use_control_plane:│", "true"),
        ("use_control_plane: true", "use_control_plane: f│alse", "true"),
        ("python_version: py311", "python_version: │", "py311"),
        ("python_version: py311", "python_version: 3.1│", "py311"),
        ("python_version: 'py311'", "python_version: '3│'", "py311"),
        ("accelerator: H100:2", "accelerator: │", "H100:2"),
        ("accelerator: L4", "accelerator:│", "L4"),
        ("accelerator: H100:4", "accelerator: H100:│", "H100:4"),
        ("accelerator: A10G:8", "accelerator: A10G│", "A10G:8"),
        ("memory: 16Gi", "memory: │", "16Gi"),
        ("memory: 24Gi", "memory: 24│", "24Gi"),
        ("memory: 512Mi", "memory: │", "512Mi"),
        ('cpu: "4"', "cpu: │", '"4"'),
        ("cpu: 500m", "cpu: │", "500m"),
        ('cpu: "8"', 'cpu: "│"', "8"),
        ("model_class_name: Speaker", "model_class_name: │", "Speaker"),
        ("requirements_file: requirements.txt", "requirements_file: │", "requirements.txt"),
        ("requirements_file: ./requirements.txt", "requirements_file: ./│", "./requirements.txt"),
        ("- ../shared", "- ../│", "../shared"),
        ("MODE: fast", "MODE│: fast", "MODE"),
    ],
)
async def test_values_of_all_kinds(
    speaker: Path, shared_editor: OpenEditor, typed: str, label: str, becomes: str
) -> None:
    """In the midst of the config, with neighbours above and below."""
    editor = await editor_on(speaker, shared_editor)
    key = typed.partition(" ")[0]
    line = next(one.strip() for one in SPEAKER_CONFIG.split("\n") if one.strip().startswith(key))
    after = await accepted(editor, SPEAKER_CONFIG.replace(line, label), becomes)
    assert after == SPEAKER_CONFIG.replace(line, typed)


@pytest.mark.parametrize(
    ("source", "label", "after"),
    [
        ("data_dir: │", "data", "data_dir: data"),
        ("examples_filename: │", "examples.yaml", "examples_filename: examples.yaml"),
        ("model_class_filename: │", "model.py", "model_class_filename: model.py"),
        (
            "model_class_filename: parts/│",
            "parts/voice.py",
            "model_class_filename: parts/voice.py",
        ),
        ("secrets:\n    │", "api_key", "secrets:\n    api_key: null"),
        ("secrets: {hf_token: null, │}", "api_key", "secrets: {hf_token: null, api_key: null}"),
        ("environment_variables:\n  │", "PACE", "environment_variables:\n  PACE: "),
        (
            "secrets: {hub: null}\nweights:\n- source: x\n  auth:\n    auth_secret_name: │",
            "hub",
            "secrets: {hub: null}\nweights:\n- source: x\n  auth:\n    auth_secret_name: hub",
        ),
        ("requirements:\n  - │", "zz-codec==1.0", "requirements:\n  - zz-codec==1.0"),
        ("requirements:\n  │", "zz-codec==1.0", "requirements:\n  - zz-codec==1.0"),
        ("requirements: [zz│]", "zz-codec==1.0", "requirements: [zz-codec==1.0]"),
        ("runtime:\n   transport:│", "kind", "runtime:\n   transport:\n      kind: "),
        ("resources:│\n    cpu: '1'", "memory", "resources:\n    memory: \n    cpu: '1'"),
        ("runtime:\n  transport:\n    kind: │", "grpc", "runtime:\n  transport:\n    kind: grpc"),
        ("model_name: a\nbroken: [\npython_version: │", "py312", None),
    ],
)
async def test_what_is_chosen_fits_in(
    speaker: Path, shared_editor: OpenEditor, source: str, label: str, after: str | None
) -> None:
    editor = await editor_on(speaker, shared_editor)
    editor.open("../other/config.yaml")
    assert await accepted(editor, source, label) == (after or source.replace("│", label))
    editor.close("../other/config.yaml")


@pytest.mark.parametrize(
    ("source", "withheld"),
    [
        ("requirements_file: │", {"notes.txt", "examples.yaml", "config.yaml"}),
        ("examples_filename: │", {"notes.txt", "config.yaml"}),
        ("data_dir: │", {"notes.txt", "examples.yaml"}),
        ("model_class_filename: │", {"notes.txt"}),
    ],
)
async def test_paths_are_those_that_the_key_can_name(
    speaker: Path, shared_editor: OpenEditor, source: str, withheld: set[str]
) -> None:
    editor = await editor_on(speaker, shared_editor)
    assert not withheld & {item.label for item in await completions(editor, source)}


@pytest.mark.parametrize("step", [2, 3, 4])
@pytest.mark.parametrize("block", ["weights", "docker_server", "trt_llm", "external_data"])
async def test_blocks_are_written_whole_by_the_steps_of_the_file(
    speaker: Path, shared_editor: OpenEditor, block: str, step: int
) -> None:
    editor = await editor_on(speaker, shared_editor)
    before = f"resources:\n{' ' * step}cpu: '1'\n"
    after = await accepted(editor, f"{before}{block}│", f"{block}: …")
    assert after.startswith(f"{before}{block}:\n{' ' * step}")
    editor.write("config.yaml", f"{after}\n")
    found = await editor.pushed("config.yaml")
    assert [one for one in found if one.severity is types.DiagnosticSeverity.Error] == []


async def test_a_block_inside_a_list_keeps_the_margin_of_its_line(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await editor_on(speaker, shared_editor)
    after = await accepted(editor, "weights:\n    - source: x\n      au│", "auth: …")
    assert after.split("\n")[2:4] == ["      auth:", "          auth_method: CUSTOM_SECRET"]


async def test_a_comment_offers_what_hides_the_findings_of_its_line(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    editor = await editor_on(speaker, shared_editor)
    source = "use_control_plane: true\nmodle_name: x # │\n"
    after = await accepted(editor, source, "# truss: ignore[unknown-key]")
    editor.write("config.yaml", after)
    assert "unknown-key" not in [one.code for one in await editor.pushed("config.yaml")]


async def test_lists_come_up_behind_signs_but_hinder_nobody(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    """Who types `key:` and Enter gets a new line, and no example."""
    editor = await editor_on(speaker, shared_editor)
    provider = editor.offered.completion_provider
    assert provider is not None
    assert {" ", ":", "/", "#", "[", "{", '"', "'"} == set(provider.trigger_characters or ())
    for source in ("resources:│", "description: │", "model_name: │"):
        assert await completions(editor, source, behind=source[-2]) == []
        assert await completions(editor, source) != []
    labels = [item.label for item in await completions(editor, "resources: {accelerator:│", ":")]
    assert "H100" in labels


async def test_a_list_that_would_be_too_long_is_cut_and_says_so(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    pins = "".join(f"- many{number}==1\n" for number in range(300))
    (speaker.parent / "other" / "config.yaml").write_text(f"model_name: o\nrequirements:\n{pins}")
    editor = await editor_on(speaker, shared_editor)
    editor.open("../other/config.yaml")
    document = types.TextDocumentIdentifier(editor.uri("config.yaml"))
    editor.write("config.yaml", "requirements:\n- many")
    place = types.Position(1, len("- many"))
    found = await editor.client.text_document_completion_async(
        types.CompletionParams(document, place)
    )
    assert isinstance(found, types.CompletionList)
    assert (len(found.items), found.is_incomplete) == (100, True)
    editor.close("../other/config.yaml")
