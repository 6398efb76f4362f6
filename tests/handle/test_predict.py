"""Asking a model: answers, its own failures, silence, and what to ask with."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in
from tests.handle.raw_servers import Peer, raw_server
from truss_handle import operations, prediction
from truss_handle.exceptions import PredictTimeout
from truss_handle.values import Running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

MODEL = """\
import time


class Model:
    def predict(self, model_input):
        if model_input == "hang":
            time.sleep(5)
        if model_input == "text":
            return iter(["one ", "two"])
        return {"half": model_input / 2}
"""


async def test_answers(home: Settings, make_truss: Callable[..., Path]) -> None:
    truss = make_truss(model=MODEL)
    await operations.start(truss)
    answer = await operations.predict(truss, 3)
    assert (answer.status, answer.body, answer.ok) == (200, {"half": 1.5}, True)
    assert answer.content_type == "application/json"
    assert answer.size == len('{"half": 1.5}')
    assert answer.latency_ms > 0
    assert answer.model_error is None

    streamed = await operations.predict(truss, "text")
    assert (streamed.status, streamed.body) == (200, "one two")

    failed = await operations.predict(truss, "three")
    assert (failed.status, failed.ok) == (500, False)
    assert failed.model_error is not None
    assert failed.model_error["type"] == "TypeError"
    assert (failed.model_error["path"], failed.model_error["line"]) == ("model/model.py", 10)

    missing = await operations.predict(truss, {}, path="/v1/chat/completions")
    assert (missing.status, missing.model_error) == (404, None)

    with pytest.raises(PredictTimeout, match=r"did not answer within 0\.3 s"):
        await operations.predict(truss, "hang", timeout=0.3)


async def test_an_answer_that_cannot_be_remembered_is_an_answer(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=MODEL)
    await operations.start(truss)
    shutil.rmtree(home.memory)
    home.memory.write_text("no folder")
    assert (await operations.predict(truss, 3)).body == {"half": 1.5}


async def test_an_explanation_may_come_later_than_the_answer(
    home: Settings, tmp_path: Path
) -> None:
    said = iter([b"null", b'{"id": "of another"}', b'{"id": "e1", "type": "KeyError"}'])

    async def fail(peer: Peer) -> None:
        while request := await peer.request():
            if b"/control/status" in request:
                body = b'{"state": "ready", "last_error": %b}' % next(said)
                head = b"HTTP/1.1 200 OK\r\n"
            else:
                body, head = b"{}", b"HTTP/1.1 500 F\r\nX-Control-Truss-Error-Id: e1\r\n"
            await peer.say(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))

    async with raw_server(fail) as server:
        running = Running("a", tmp_path, "local", server.url, None, 1.0, True)
        failed = await prediction.predict(home, running, {}, timeout=10, path="/")
    assert failed.status == 500
    assert failed.model_error == {"id": "e1", "type": "KeyError"}


async def test_a_failure_of_a_plain_server_is_explained_too(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=MODEL, base="python_version: py{python}\n")
    await operations.start(truss)
    failed = await operations.predict(truss, "three")
    assert failed.model_error is not None
    assert (failed.model_error["path"], failed.model_error["line"]) == ("model/model.py", 10)


async def test_requests_in_flight_survive_a_patch(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=MODEL.replace("sleep(5)", "sleep(1)\n            return 'old'"))
    await operations.start(truss)
    slow = asyncio.create_task(operations.predict(truss, "hang"))
    replace_in(truss / "model" / "model.py", "/ 2", "/ 4")
    await operations.patch(truss)
    assert (await operations.predict(truss, 3)).body == {"half": 0.75}
    assert (await slow).status == 200


@pytest.mark.parametrize(
    ("files", "config", "chosen", "source"),
    [
        ({}, "", {}, "empty"),
        ({}, "model_metadata: {example_model_input: [1, 2]}\n", [1, 2], "metadata"),
        (
            {"examples.yaml": "- name: a\n  input: {b: 1}\n"},
            "model_metadata: {example_model_input: [1, 2]}\n",
            {"b": 1},
            "examples.yaml",
        ),
        ({"examples.yaml": "- : [\n"}, "", {}, "empty"),
        ({"config.yaml": "a: [\n"}, "", {}, "empty"),
    ],
)
async def test_what_to_ask_with(
    home: Settings,
    make_truss: Callable[..., Path],
    files: dict[str, str],
    config: str,
    chosen: object,
    source: str,
) -> None:
    found = await operations.predict_input(make_truss(config=config, files=files))
    assert (found.input, found.source) == (chosen, source)


@pytest.mark.parametrize(
    ("examples", "metadata", "source", "problem"),
    [
        ("a: [\n", "", "empty", "examples.yaml cannot be used: no YAML: "),
        ("- 5\n", "", "empty", "examples.yaml cannot be used: example 1 has no `input`"),
        ("- 5\n", "{example_model_input: 1}", "metadata", "example 1 has no `input`"),
        ("- input: 5\n", "", "examples.yaml", ""),
        ("", "", "empty", ""),
    ],
)
async def test_why_examples_cannot_be_used(
    home: Settings,
    make_truss: Callable[..., Path],
    examples: str,
    metadata: str,
    source: str,
    problem: str,
) -> None:
    truss = make_truss(
        config=f"model_metadata: {metadata or '{}'}\n", files={"examples.yaml": examples}
    )
    found = await operations.predict_input(truss)
    assert found.source == source
    assert problem in found.problem if problem else found.problem == ""


async def test_what_was_asked_last_is_offered_next_except_to_scripts(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(files={"examples.yaml": "- name: a\n  input: 1\n"})
    await operations.start(truss)
    await operations.predict(truss, None)
    found = await operations.predict_input(truss)
    assert (found.input, found.source) == (None, "last")
    found = await operations.predict_input(truss, prefer_last=False)
    assert (found.input, found.source) == (1, "examples.yaml")
