"""The model's `websocket` method, spoken to by a real client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inference_process import booted, serving, write_truss
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import unix_connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference_process import Managed

MODEL = """
    import fastapi
    class Model:
        async def websocket(self, websocket: fastapi.WebSocket):
            greeting = websocket.query_params.get("name", "nobody")
            await websocket.send_text(f"hello {greeting}")
            while True:
                text = await websocket.receive_text()
                if text == "end":
                    return
                if text == "fail":
                    raise ValueError("as asked")
                if text == "http":
                    raise fastapi.HTTPException(400)
                if text == "refuse":
                    raise fastapi.WebSocketException(4001, "refused")
                if text == "size":
                    await websocket.send_text(str(len(await websocket.receive_bytes())))
                await websocket.send_text(text.upper())
    """
URI = "ws://model/v1/websocket"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Managed]:
    with serving(write_truss(tmp_path_factory.mktemp("ws"), MODEL)) as managed:
        yield managed


def test_a_conversation(server: Managed) -> None:
    with unix_connect(server.socket_path, URI + "?name=you") as socket:
        assert socket.recv() == "hello you"
        socket.send("loud")
        assert socket.recv() == "LOUD"
        socket.send("size")
        socket.send(b"x" * 20_000_000)
        assert socket.recv() == "20000000"


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ("end", 1000, ""),
        ("fail", 1011, "Internal Server Error (in model/chainlet)."),
        ("http", 1011, "Internal Server Error (in model/chainlet)."),
        ("refuse", 4001, "refused"),
    ],
)
def test_how_it_ends(said: str, code: int, reason: str, server: Managed) -> None:
    with unix_connect(server.socket_path, URI) as socket:
        socket.recv()
        socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, reason)
    if code == 1011:
        error = server.event("predict_error")["error"]
        assert (error["path"], error["line"]) == ("model/model.py", 12 if said == "fail" else 14)


def test_a_client_that_leaves_is_no_error(server: Managed) -> None:
    with unix_connect(server.socket_path, URI) as socket:
        socket.recv()
    assert server.http.get("/").status_code == 200
    assert "WebSocketDisconnect" not in server.process.output


def test_predict_is_missing_then(server: Managed) -> None:
    assert server.predict(1).status_code == 404


def test_any_other_path_is_refused(server: Managed) -> None:
    with pytest.raises(InvalidStatus) as refused:
        unix_connect(server.socket_path, "ws://model/elsewhere")
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(("loaded", "code"), [(True, 1003), (False, 1013)])
def test_without_a_websocket_method_or_a_model(loaded: bool, code: int, tmp_path: Path) -> None:
    model = "class Model:\n    def predict(self, x): return x\n"
    with booted() as server:
        if loaded:
            server.load(write_truss(tmp_path, model))
            server.event("ready")
        with unix_connect(server.socket_path, URI) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code
