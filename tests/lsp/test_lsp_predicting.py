"""Predictions as they come: streams, bytes, cancellation; and the log of the container."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsp_editor import Editor, Json, OpenEditor, until
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.timeout(300)
MODEL = "model/model.py"
STREAM = """\
import time
from pathlib import Path

from starlette.responses import Response


class Model:
    def predict(self, request):
        return getattr(self, request["ask"])()

    def words(self):
        for word in ("one ", "twö ", "three"):
            yield word
            while word == "one " and not Path("{gate}").exists():
                time.sleep(0.01)

    def forever(self):
        try:
            while True:
                print("still at it", flush=True)
                yield "again "
                time.sleep(0.02)
        finally:
            Path("{ended}").touch()

    def picture(self):
        return Response(b"\\x89PNG" + bytes(60), media_type="image/png")

    def packed(self):
        return Response(b"\\x81\\xa4mean\\x02", media_type="application/octet-stream")
"""


class Listener:
    """What an editor is told under a name."""

    def __init__(self, editor: Editor, notification: str) -> None:
        self.told: list[Json] = []

        @editor.client.feature(notification)
        def heard(params: Any) -> None:
            self.told.append(params._asdict())

    @property
    def text(self) -> str:
        return "".join(one["text"] for one in self.told)


async def streaming(truss: Path, open_editor: OpenEditor) -> Editor:
    gate, ended = truss.parent / "gate", truss.parent / "ended"
    text = STREAM.replace("{gate}", str(gate)).replace("{ended}", str(ended))
    (truss / MODEL).write_text(text)
    editor = await open_editor(truss, settings={"patchOnSave": "on", "anyPython": True})
    editor.open(MODEL)
    assert (await editor.command("truss.startContainer"))["ok"]
    return editor


async def test_a_stream_is_told_as_it_comes(running: Path, open_editor: OpenEditor) -> None:
    editor = await streaming(running, open_editor)
    chunks = Listener(editor, "truss/predictChunk")
    asking = asyncio.ensure_future(
        editor.command("truss.predict", input={"ask": "words"}, stream="a")
    )
    await until(lambda: chunks.text == "one ")
    assert not asking.done(), "the rest has yet to come"
    (running.parent / "gate").touch()
    answer = await asking
    assert (answer["output"], answer["kind"]) == ("one twö three", "text")
    assert chunks.text == answer["output"]
    assert {(one["uri"], one["id"]) for one in chunks.told} == {(running.as_uri(), "a")}
    assert 0 < answer["first_byte_ms"] < answer["latency_ms"]


async def test_cancelling_a_prediction_ends_the_work_of_the_model(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await streaming(running, open_editor)
    chunks = Listener(editor, "truss/predictChunk")
    asking = asyncio.ensure_future(_asked(editor, "truss.predict", input={"ask": "forever"}))
    await until(lambda: "again again" in chunks.text)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("mine"))
    with pytest.raises(JsonRpcException, match="canceled"):
        await asking
    await until(lambda: (running.parent / "ended").exists())


@pytest.mark.parametrize(
    ("ask", "kind", "output"),
    [
        ("picture", "binary", "image/png, 64 bytes, beginning with 89 50 4e 47"),
        ("packed", "msgpack", {"mean": 2}),
    ],
)
async def test_bytes_are_described(
    running: Path, open_editor: OpenEditor, ask: str, kind: str, output: object
) -> None:
    editor = await streaming(running, open_editor)
    answer = await editor.command("truss.predict", input={"ask": ask})
    assert answer["kind"] == kind
    said = answer["output"]
    assert said.startswith(output) if isinstance(output, str) else said == output


async def test_the_log_is_followed_until_it_is_cancelled(
    running: Path, open_editor: OpenEditor
) -> None:
    editor = await streaming(running, open_editor)
    log = Listener(editor, "truss/log")
    following = asyncio.ensure_future(_asked(editor, "truss.logs", follow=True))
    asking = asyncio.ensure_future(editor.command("truss.predict", input={"ask": "forever"}))
    await until(lambda: log.text.count("still at it") > 1)
    assert not following.done()
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("mine"))
    with pytest.raises(JsonRpcException, match="canceled"):
        await following
    await editor.command("truss.stopContainer")
    assert (await asking)["ok"] is False


async def test_the_log_ends_with_the_container(running: Path, open_editor: OpenEditor) -> None:
    editor = await streaming(running, open_editor)
    following = asyncio.ensure_future(editor.command("truss.logs", follow=True, stream="log"))
    await editor.command("truss.stopContainer")
    assert (await following)["ok"]


async def _asked(editor: Editor, command: str, **argument: Any) -> Any:
    """A command under a progress token of the client's, by which it can be cancelled."""
    given = {"uri": editor.folder.as_uri(), "stream": "b", **argument}
    return await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command, [given], work_done_token="mine")
    )
