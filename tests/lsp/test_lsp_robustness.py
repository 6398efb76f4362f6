"""Whatever goes wrong in a handler costs its answer and one line; several folders stay apart."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsp_clients import capable
from lsp_editor import OpenEditor, until
from lsprotocol import types

CONFIG = "config.yaml"
# The server as it is, but for one feature that fails. Replaced in a process of its own, since no
# input is known that makes a handler raise.
BROKEN_HOVER = """
import sys
import lsp_server.features.hover as feature
from lsp_server.__main__ import main
def hover(*arguments):
    raise RuntimeError("no luck")
feature.hover = hover
sys.exit(main([]))
"""


def exchange(messages: list[dict[str, Any]]) -> tuple[dict[int, Any], str]:
    """Everything is sent at once; the answers by the number of their request, and the log."""
    bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]
    stream = b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)
    command = [sys.executable, "-c", BROKEN_HOVER]
    ran = subprocess.run(command, input=stream, capture_output=True, check=False, timeout=60)
    answers, rest = {}, ran.stdout
    while rest:
        header, _, rest = rest.partition(b"\r\n\r\n")
        length = int(header.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        message, rest = json.loads(rest[:length]), rest[length:]
        if "method" not in message:
            answers[message["id"]] = message
    return answers, ran.stderr.decode()


def test_a_handler_that_raises_costs_one_line_and_never_the_server(truss: Path) -> None:
    uri = (truss / CONFIG).as_uri()
    item = {"uri": uri, "languageId": "yaml", "version": 1, "text": "modle_name: x\n"}
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 3}}
    answers, log = exchange(
        [
            {"id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": None}},
            {"method": "initialized", "params": {}},
            {"method": "textDocument/didOpen", "params": {"textDocument": item}},
            {"id": 2, "method": "textDocument/hover", "params": place},
            {"id": 3, "method": "textDocument/completion", "params": place},
            {"id": 4, "method": "textDocument/hover", "params": place},
            {"id": 5, "method": "shutdown"},
            {"method": "exit"},
        ]
    )
    failed = "textDocument/hover failed: RuntimeError: no luck"
    assert [answers[number]["error"]["message"] for number in (2, 4)] == [failed, failed]
    assert answers[3]["result"]["items"], "what comes after it is answered"
    assert answers[5]["result"] is None
    errors = [line for line in log.splitlines() if line.startswith("ERROR")]
    assert len(errors) == 2
    assert all(failed in line for line in errors)
    assert "Traceback" not in log


@pytest.mark.parametrize("text", ["mod", "- a\n", "3\n", "a: [", "\tx", "? {a: b}\n", "*x", "\0"])
async def test_texts_that_are_no_config_break_nothing(
    speaker: Path, open_editor: OpenEditor, text: str
) -> None:
    """Beside code that reads secrets, which are looked for in whatever the config is just now."""
    editor = await open_editor(speaker, capable())
    editor.open(CONFIG)
    editor.write(CONFIG, text)
    await editor.pushed(CONFIG)
    document = types.TextDocumentIdentifier(editor.uri(CONFIG))
    place = types.Position(0, min(len(text), 1))
    client = editor.client
    await client.text_document_completion_async(types.CompletionParams(document, place))
    await client.text_document_hover_async(types.HoverParams(document, place))
    await client.text_document_definition_async(types.DefinitionParams(document, place))
    await client.text_document_code_lens_async(types.CodeLensParams(document))
    await editor.actions(CONFIG)
    timings = (await editor.command("truss.debugInfo"))["timings"]
    assert timings["textDocument/didChange"]["calls"] == 1


async def test_folders_of_one_workspace_have_settings_of_their_own(
    truss: Path, speaker: Path, open_editor: OpenEditor
) -> None:
    editor = await open_editor(truss, capable())
    editor.settings_of = {speaker.as_uri(): {"codeLens": False}}
    other = f"../{speaker.name}/{CONFIG}"
    for name in (CONFIG, other):
        editor.open(name)
    shown = {}
    for name in (CONFIG, other):
        document = types.TextDocumentIdentifier(editor.uri(name))
        shown[name] = await editor.client.text_document_code_lens_async(
            types.CodeLensParams(document)
        )
    assert shown[CONFIG]
    assert not shown[other]
    await until(lambda: len({one["uri"] for one in editor.statuses}) == 2)
    told = await editor.command("truss.debugInfo")
    assert set(told["trusses"]) == {truss.as_uri(), speaker.as_uri()}
    assert speaker.as_uri() in told["markdown"]
    assert {one["uri"] for one in told["documents"]} == {editor.uri(CONFIG), editor.uri(other)}
