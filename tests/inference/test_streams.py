"""Generators stream; a client that wants JSON gets the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from inference_process import PREDICT, eventually, serving, write_truss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference_process import Managed

MODEL = """
    import asyncio, inspect, pathlib, threading, time
    from starlette.responses import StreamingResponse

    events = []
    gate = pathlib.Path("GATE")

    class Model:
        async def predict(self, inputs):
            result = getattr(self, inputs)()
            return await result if inspect.isawaitable(result) else result

        def sync(self):
            threads = {threading.get_ident()}
            for word in ("one ", b"two ", "drei: ü"):
                threads.add(threading.get_ident())
                yield word
            yield f" {len(threads)}"

        async def asynchronous(self):
            for word in ("a", "b", "c"):
                await asyncio.sleep(0)
                yield word

        def empty(self):
            yield from ()

        def fails_at_once(self):
            raise ValueError("before the first chunk")
            yield "never"

        async def fails_midway(self):
            yield "first"
            raise ValueError("after the first chunk")

        async def cancelled_within(self):
            yield "first"
            raise asyncio.CancelledError

        def wrong_type(self):
            yield {"no": "text"}

        async def endless(self):
            events.clear()
            try:
                while True:
                    yield "x" * 1000
                    await asyncio.sleep(0.01)
            finally:
                events.append("closed")

        async def blocking(self):
            yield "first"
            while not gate.exists():
                time.sleep(0.01)
            yield "last"

        def own_response(self):
            async def lines():
                yield b"data: 1\\n\\n"
            return StreamingResponse(lines(), 202, media_type="text/event-stream")

        async def events(self):
            return events
    """


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gate") / "open"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, gate: Path) -> Iterator[Managed]:
    model = MODEL.replace("GATE", str(gate))
    with serving(write_truss(tmp_path_factory.mktemp("stream"), model)) as managed:
        yield managed


@pytest.mark.parametrize(
    ("method", "text"),
    [("sync", "one two drei: ü 1"), ("asynchronous", "abc"), ("empty", "")],
)
def test_a_generator_streams(method: str, text: str, server: Managed) -> None:
    response = server.predict(method)
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.content.decode() == text


def test_chunks_arrive_as_they_are_made(server: Managed) -> None:
    with server.http.stream("POST", PREDICT, content='"endless"') as response:
        first = next(response.iter_raw())
    assert set(first) == {ord("x")}
    # Having left, the client is no longer worked for.
    assert eventually(lambda: server.predict("events").json() == ["closed"])


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ({"accept": "application/json"}, "application/json"),
        ({"accept": "*/*"}, "application/octet-stream"),
        (
            {"accept": "application/json", "user-agent": "OpenAI/Python 1.0"},
            "application/octet-stream",
        ),
        ({"accept": "text/event-stream"}, "text/event-stream; charset=utf-8"),
    ],
)
def test_accept_decides_whether_a_stream_is_gathered(
    headers: dict[str, str], content_type: str, server: Managed
) -> None:
    response = server.predict("asynchronous", headers=headers)
    assert response.headers["content-type"] == content_type
    assert response.text == ('"abc"' if content_type == "application/json" else "abc")


def test_a_chunk_leaves_before_a_generator_that_blocks_the_loop_goes_on(
    server: Managed, gate: Path
) -> None:
    with server.http.stream("POST", PREDICT, content='"blocking"') as response:
        chunks = response.iter_raw()
        assert next(chunks) == b"first"
        gate.touch()
        assert next(chunks) == b"last"


def test_a_failure_before_the_first_chunk_is_a_clean_500(server: Managed) -> None:
    response = server.predict("fails_at_once")
    assert response.status_code == 500
    error = server.event("predict_error")["error"]
    assert response.headers["x-control-truss-error-id"] == error["id"]
    assert error["message"] == "before the first chunk"


@pytest.mark.parametrize(
    ("method", "kind"),
    [("fails_midway", "ValueError"), ("cancelled_within", "CancelledError")],
)
def test_a_failure_midway_does_not_look_like_a_complete_answer(
    method: str, kind: str, server: Managed
) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        server.predict(method)
    error = server.event("predict_error")["error"]
    assert (error["type"], error["path"]) == (kind, "model/model.py")


def test_a_stream_of_something_else_says_what_was_yielded(server: Managed) -> None:
    assert server.predict("wrong_type").status_code == 500
    assert "yielded dict" in server.event("predict_error")["error"]["message"]


def test_a_response_of_the_models_own_passes_through(server: Managed) -> None:
    response = server.predict("own_response")
    assert (response.status_code, response.text) == (202, "data: 1\n\n")
    assert response.headers["content-type"].startswith("text/event-stream")


def test_a_silent_stream_is_given_up(tmp_path: Path) -> None:
    model = """
        import asyncio
        class Model:
            async def predict(self, inputs):
                yield "once"
                await asyncio.Event().wait()
        """
    truss = write_truss(tmp_path, model, runtime={"streaming_read_timeout": 0.1})
    with serving(truss) as silent:
        with pytest.raises(httpx.RemoteProtocolError):
            silent.predict(None)
        message = silent.event("predict_error")["error"]["message"]
    assert "runtime.streaming_read_timeout (0.1 s)" in message


def test_a_stream_and_postprocess_do_not_go_together(tmp_path: Path) -> None:
    model = """
        class Model:
            def predict(self, inputs):
                yield "x"
            def postprocess(self, result):
                return result
        """
    with serving(write_truss(tmp_path, model)) as server:
        response = server.predict(None)
    assert response.status_code == 412
    assert response.json() == {
        "error": "`predict` returned a stream, which `postprocess` cannot take."
    }
